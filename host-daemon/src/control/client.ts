// A client of the control service for the CLI and the tests: typed calls with a deadline. The shim has its
// own in C++.
import grpc from '@grpc/grpc-js';

import { grpcTargetOf } from '../config/loopback.ts';
import { DaemonError } from '../errors.ts';
import type {
    CloseRequest,
    Empty,
    GetVersionReply,
    ListDevicesReply,
    ListSessionsReply,
    OpenReply,
    OpenRequest,
} from './messages.ts';
import { controlService } from './schema.ts';

const callLimitMs = 5000;

export class ControlClient {
    readonly #endpoint: string;
    readonly #client: grpc.Client;

    /** `endpoint` as in FERRY_ENDPOINT. Nothing is connected before the first call. */
    constructor(endpoint: string) {
        this.#endpoint = endpoint;
        this.#client = new grpc.Client(grpcTargetOf(endpoint), grpc.credentials.createInsecure(), {
            // Asked anew by whoever waits for a daemon to start; grpc-js would wait up to two minutes by
            // itself.
            'grpc.initial_reconnect_backoff_ms': 50,
            'grpc.max_reconnect_backoff_ms': 500,
        });
    }

    getVersion(limitMs = callLimitMs): Promise<GetVersionReply> {
        return this.#call<GetVersionReply>('GetVersion', {}, limitMs);
    }

    open(request: OpenRequest): Promise<OpenReply> {
        return this.#call<OpenReply>('Open', request);
    }

    closeSession(request: CloseRequest): Promise<Empty> {
        return this.#call<Empty>('Close', request);
    }

    listSessions(): Promise<ListSessionsReply> {
        return this.#call<ListSessionsReply>('ListSessions', {});
    }

    listDevices(): Promise<ListDevicesReply> {
        return this.#call<ListDevicesReply>('ListDevices', {});
    }

    close(): void {
        this.#client.close();
    }

    #call<Reply>(name: string, request: object, limitMs = callLimitMs): Promise<Reply> {
        const method = controlService[name];
        if (method === undefined) {
            return Promise.reject(
                new DaemonError('unreachable', `method: expected one of Control, got ${name}`),
            );
        }
        const { path, requestSerialize, responseDeserialize } = method;
        const deadline = Date.now() + limitMs;
        return new Promise((resolve, reject) => {
            const done = (error: grpc.ServiceError | null, reply?: object) => {
                if (error !== null) {
                    reject(this.#wrap(error));
                    return;
                }
                // SAFETY: the schema's decoder made the reply from the message type of this method.
                resolve(reply as Reply);
            };
            this.#client.makeUnaryRequest(
                path,
                requestSerialize,
                responseDeserialize,
                request,
                { deadline },
                done,
            );
        });
    }

    #wrap(error: grpc.ServiceError): unknown {
        const lost = error.code === grpc.status.UNAVAILABLE || error.code === grpc.status.DEADLINE_EXCEEDED;
        if (!lost) {
            return error;
        }
        // grpc-js wraps the system's own words in its own; only the former help anybody.
        const reason = /Error: (.*?)\.? Resolution note/.exec(error.details)?.[1] ?? error.details;
        return new DaemonError('unreachable', `no daemon answers at ${this.#endpoint}: ${reason}`, error);
    }
}
