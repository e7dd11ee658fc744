// Whether anybody listens at an endpoint. A bare connect and not a call: `ferry run` would pay 150 ms to
// load the gRPC packages before every program, and a daemon listens only once it serves.
import { connect } from 'node:net';

import { loopbackExpected, loopbackOfEndpoint } from '../config/loopback.ts';
import { socketOfEndpoint } from '../config/places.ts';
import { DaemonError } from '../errors.ts';

export function canConnect(endpoint: string, limitMs: number): Promise<boolean> {
    const path = socketOfEndpoint(endpoint);
    const place = path === null ? loopbackOfEndpoint(endpoint) : { path };
    if (place === null) {
        throw new DaemonError(
            'usage',
            `endpoint: expected unix:/path, or tcp: and ${loopbackExpected}, got ${endpoint}`,
        );
    }
    return new Promise((resolve) => {
        const socket = connect(place);
        const finish = (connected: boolean) => {
            clearTimeout(timer);
            socket.destroy();
            resolve(connected);
        };
        const timer = setTimeout(() => finish(false), limitMs);
        socket.on('connect', () => finish(true));
        socket.on('error', () => finish(false));
    });
}
