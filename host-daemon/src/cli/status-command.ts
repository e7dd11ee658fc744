// `ferry status` and `ferry devices`: what a running daemon says about itself, as tables or JSON. Read only.
import { ControlClient } from '../control/client.ts';
import type { SessionMessage } from '../control/messages.ts';
import { chooseEndpoint } from './endpoint.ts';
import { exitCodes } from './exit-codes.ts';
import { formatBytes, formatDuration, formatTable, printJson, printLine } from './output.ts';

export interface QueryOptions {
    readonly endpoint?: string;
    readonly json?: boolean;
}

async function withClient<T>(
    options: QueryOptions,
    use: (client: ControlClient, endpoint: string) => Promise<T>,
): Promise<T> {
    const { endpoint } = chooseEndpoint(options.endpoint, process.env);
    const client = new ControlClient(endpoint);
    try {
        return await use(client, endpoint);
    } finally {
        client.close();
    }
}

export function showStatus(options: QueryOptions): Promise<number> {
    return withClient(options, async (client, endpoint) => {
        const version = await client.getVersion();
        const [{ sessions }, device] = await Promise.all([client.listSessions(), client.listDevices()]);
        const { driver, arbiterDecisions } = device;
        if (options.json === true) {
            printJson({ endpoint, ...version, driver, arbiterDecisions, sessions });
            return exitCodes.ok;
        }
        const names = device.devices.map((each) => each.name).join(', ');
        printLine(`daemon    ${version.version} at ${endpoint}, wire ${version.wireVersion}`);
        printLine(`device    ${driver}: ${names}`);
        printLine(`arbiter   ${arbiterDecisions} decisions`);
        const live = sessions.filter((session) => session.state !== 'ended');
        printLine(`sessions  ${live.length} live, ${sessions.length - live.length} ended lately`);
        if (sessions.length > 0) {
            printLine('');
            formatTable(sessionHeader, sessions.map(sessionRow)).forEach(printLine);
        }
        return exitCodes.ok;
    });
}

const sessionHeader = [
    'SESSION',
    'STATE',
    'PROGRAM',
    'PID',
    'WORKER',
    'OPENED',
    'CALLS',
    'WAITED',
    'IN',
    'OUT',
    'DEVICE',
];

function sessionRow(session: SessionMessage): string[] {
    const { meters } = session;
    return [
        session.sessionId,
        session.state,
        session.program,
        String(session.guestPid),
        String(session.workerPid),
        `${formatDuration(Date.now() - Number(session.startedUnixMs))} ago`,
        meters.records,
        meters.replies,
        formatBytes(Number(meters.bytesIn)),
        formatBytes(Number(meters.bytesOut)),
        formatBytes(Number(meters.deviceBytes)),
    ];
}

// CUdevice_attribute numbers of what people ask first.
const multiprocessorCount = 16;
const capabilityMajor = 75;
const capabilityMinor = 76;

export function showDevices(options: QueryOptions): Promise<number> {
    return withClient(options, async (client) => {
        const reply = await client.listDevices();
        if (options.json === true) {
            printJson(reply);
            return exitCodes.ok;
        }
        const [major, minor] = [Math.floor(reply.driverVersion / 1000), (reply.driverVersion % 1000) / 10];
        const version = `${major}.${Math.floor(minor)}`;
        printLine(`driver  ${reply.driver} ${reply.driverPath} (CUDA ${version})`);
        const rows = reply.devices.map((device, ordinal) => [
            String(ordinal),
            device.name,
            `${device.attributes[capabilityMajor] ?? 0}.${device.attributes[capabilityMinor] ?? 0}`,
            String(device.attributes[multiprocessorCount] ?? 0),
            formatBytes(Number(device.totalMemory)),
            uuidText(device.uuid),
        ]);
        formatTable(['DEVICE', 'NAME', 'CAPABILITY', 'SMS', 'MEMORY', 'UUID'], rows).forEach(printLine);
        return exitCodes.ok;
    });
}

function uuidText(uuid: Uint8Array): string {
    const hex = Buffer.from(uuid).toString('hex');
    return `GPU-${hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.*)$/, '$1-$2-$3-$4-$5')}`;
}
