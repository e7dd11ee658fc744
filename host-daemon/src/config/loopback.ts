// TCP addresses of the daemon: HOST:PORT of this machine's loopback and no other, because nothing on a
// connection is encrypted and whoever can connect can open a session. Pure; used by config/load.ts, the
// control service and the CLI.

export interface LoopbackAddress {
    /** Without brackets. */
    readonly host: string;
    /** 0: the system chooses one. */
    readonly port: number;
}

export const loopbackExpected =
    'HOST:PORT with HOST in 127.0.0.0/8 or [::1] (other addresses need encryption, which there is not yet)';

/** The address, or null when `text` is none or not of the loopback. */
export function parseLoopback(text: string): LoopbackAddress | null {
    const { host = '', port = '' } = /^(?<host>.+):(?<port>\d{1,5})$/.exec(text)?.groups ?? {};
    if (Number(port) > 65_535) {
        return null;
    }
    if (host === '[::1]') {
        return { host: '::1', port: Number(port) };
    }
    const name = host === 'localhost' ? '127.0.0.1' : host;
    const numbers = /^127\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(name)?.slice(1) ?? ['256'];
    return numbers.every((number) => Number(number) <= 255) ? { host: name, port: Number(port) } : null;
}

function bracketed(host: string): string {
    return host.includes(':') ? `[${host}]` : host;
}

/** As in FERRY_ENDPOINT. */
export function endpointOfTcp({ host, port }: LoopbackAddress): string {
    return `tcp:${bracketed(host)}:${port}`;
}

/** As grpc-js wants it. */
export function grpcTargetOf(endpoint: string): string {
    return endpoint.startsWith('tcp:[')
        ? endpoint.replace('tcp:', 'ipv6:')
        : endpoint.replace(/^tcp:/, 'ipv4:');
}

/** The address of `tcp:HOST:PORT`, or null. */
export function loopbackOfEndpoint(endpoint: string): LoopbackAddress | null {
    return endpoint.startsWith('tcp:') ? parseLoopback(endpoint.slice('tcp:'.length)) : null;
}
