// The control service on grpc-js, with limits, and grpc.health.v1 beside it. daemon/daemon.ts gives it
// handlers; it turns their DaemonErrors into statuses and decides nothing else. No call of a GPU API ever
// comes through here.
import { chmodSync } from 'node:fs';
import grpc from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';

import { endpointOfTcp, grpcTargetOf, type LoopbackAddress } from '../config/loopback.ts';
import { endpointOfSocket } from '../config/places.ts';
import { DaemonError, messageOf, type ErrorCode } from '../errors.ts';
import type { CloseRequest, ControlHandlers, OpenRequest } from './messages.ts';
import { controlService, controlServiceName } from './schema.ts';

// A peer may send a message as one-byte DATA frames, each of which costs about 110 bytes of heap in grpc-js
// 1.14: the message limit bounds that to 2 MB a stream, the stream limit to 64 MB a connection.
const limits: grpc.ServerOptions = {
    'grpc.max_receive_message_length': 16 * 1024,
    'grpc.max_send_message_length': 4 * 1024 * 1024,
    'grpc.max_concurrent_streams': 32,
    'grpc-node.max_session_memory': 8,
    'grpc.max_connection_idle_ms': 10 * 60 * 1000,
};

const statusOf: Readonly<Partial<Record<ErrorCode, grpc.status>>> = {
    wire_mismatch: grpc.status.FAILED_PRECONDITION,
    full: grpc.status.RESOURCE_EXHAUSTED,
    draining: grpc.status.UNAVAILABLE,
    worker_lost: grpc.status.UNAVAILABLE,
    no_such_session: grpc.status.NOT_FOUND,
};

export interface ControlServer {
    /** Where it serves over TCP, as in FERRY_ENDPOINT; null: nowhere. */
    readonly tcpEndpoint: string | null;
    setServing(serving: boolean): void;
    /** Answers what is in flight for at most `limitMs`, then closes everything. */
    close(limitMs: number): Promise<void>;
}

/**
 * Starts serving on a Unix socket, and on a TCP address of the loopback unless it is null. `unexpected` hears
 * of errors that are no DaemonError: our own bugs.
 */
export async function serveControl(
    socket: string,
    tcp: LoopbackAddress | null,
    handlers: ControlHandlers,
    unexpected: (method: string, error: unknown) => void,
): Promise<ControlServer> {
    const server = new grpc.Server(limits);
    server.addService(controlService, implementationOf(handlers, unexpected));
    const health = new HealthImplementation({ '': 'SERVING', [controlServiceName]: 'SERVING' });
    health.addToServer(server);
    await bind(server, endpointOfSocket(socket));
    chmodSync(socket, 0o600);
    let tcpEndpoint: string | null = null;
    if (tcp !== null) {
        try {
            const port = await bind(server, grpcTargetOf(endpointOfTcp(tcp)));
            tcpEndpoint = endpointOfTcp({ host: tcp.host, port });
        } catch (error) {
            server.forceShutdown();
            throw error;
        }
    }
    return {
        tcpEndpoint,
        setServing: (serving) => {
            for (const name of ['', controlServiceName]) {
                health.setStatus(name, serving ? 'SERVING' : 'NOT_SERVING');
            }
        },
        close: (limitMs) => closeServer(server, limitMs),
    };
}

function bind(server: grpc.Server, target: string): Promise<number> {
    const place = target.replace(/^(unix|ipv[46]):/, '');
    return new Promise((resolve, reject) => {
        server.bindAsync(target, grpc.ServerCredentials.createInsecure(), (error, port) => {
            if (error === null) {
                resolve(port);
            } else {
                reject(
                    new DaemonError('socket_unusable', `cannot listen on ${place}: ${error.message}`, error),
                );
            }
        });
    });
}

function closeServer(server: grpc.Server, limitMs: number): Promise<void> {
    return new Promise((resolve) => {
        const timer = setTimeout(() => {
            server.forceShutdown();
            resolve();
        }, limitMs);
        server.tryShutdown(() => {
            clearTimeout(timer);
            resolve();
        });
    });
}

type Unexpected = (method: string, error: unknown) => void;

function implementationOf(
    handlers: ControlHandlers,
    unexpected: Unexpected,
): grpc.UntypedServiceImplementation {
    const unary = (method: string, answer: (request: object) => object | Promise<object>) => {
        const handle: grpc.handleUnaryCall<object, object> = (call, reply) => {
            // An async wrapper, so that a synchronous throw ends up in the same place as a rejection.
            const answering = (async () => answer(call.request))();
            answering.then(
                (value) => reply(null, value),
                (error: unknown) => reply(statusFor(method, error, unexpected)),
            );
        };
        return handle;
    };
    // SAFETY: the schema's decoder made each request from the message type named in proto/ferry.proto.
    return {
        GetVersion: unary('GetVersion', () => handlers.getVersion()),
        Open: unary('Open', (request) => handlers.open(request as OpenRequest)),
        Close: unary('Close', (request) => handlers.close(request as CloseRequest)),
        ListSessions: unary('ListSessions', () => handlers.listSessions()),
        ListDevices: unary('ListDevices', () => handlers.listDevices()),
    };
}

function statusFor(method: string, error: unknown, unexpected: Unexpected): Partial<grpc.StatusObject> {
    const code = error instanceof DaemonError ? statusOf[error.code] : undefined;
    if (code === undefined) {
        unexpected(method, error);
        return { code: grpc.status.INTERNAL, details: 'internal error, see the log of the daemon' };
    }
    return { code, details: messageOf(error) };
}
