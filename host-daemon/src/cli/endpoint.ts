// Which daemon a command talks to: --endpoint, else FERRY_ENDPOINT, else the first default socket that
// exists. The shim chooses by the same rule, so `ferry status` shows the daemon that a guest would reach.
import { existsSync } from 'node:fs';

import { defaultSocket, endpointOfSocket, type Environment } from '../config/places.ts';

export interface EndpointChoice {
    readonly endpoint: string;
    /** False when nobody named it: then another daemon is as good. */
    readonly named: boolean;
}

export function chooseEndpoint(option: string | undefined, env: Environment): EndpointChoice {
    const named = option ?? env['FERRY_ENDPOINT'];
    if (named !== undefined && named !== '') {
        return { endpoint: named.includes(':') ? named : endpointOfSocket(named), named: true };
    }
    const sockets = [defaultSocket(env), defaultSocket({})];
    const socket = sockets.find((path) => existsSync(path)) ?? sockets[0] ?? '';
    return { endpoint: endpointOfSocket(socket), named: false };
}
