// Entry of a worker: one process per guest process, between the daemon (records on descriptor 3) and the
// addon. It may import the addon's face, the channel and msgpackr only: every further module costs each
// guest memory and start time.
import { Socket } from 'node:net';

import { messageOf } from '../errors.ts';
import { loadAddon, type Addon, type AddonEvent } from '../native.ts';
import { meterNames, meterSlotCount } from '../telemetry/meters.ts';
import { RecordChannel } from './channel.ts';
import type { DownRecord, UpRecord } from './messages.ts';
import { TraceWriter } from './trace-writer.ts';

const channelDescriptor = 3;
const meterIntervalMs = 250;
// How long the engine may take to end its guest after the daemon is gone, before this process kills itself.
const lastWordsMs = 2000;
// CUDA_ERROR_UNKNOWN: what a guest sees for ever when its worker or daemon is lost.
const lostResult = 999;

const addonPath = process.argv[2] ?? '';
const meters = new BigUint64Array(meterSlotCount);
let sentMeters = '';
let addon: Addon | null = null;
let trace: TraceWriter | null = null;
let started = false;
let ending = false;

const channel = new RecordChannel(new Socket({ fd: channelDescriptor }), {
    record: (record) => takeRecord(record as DownRecord),
    closed: endWithDaemon,
});

function send(record: UpRecord): void {
    channel.send(record);
}

// SIGKILL and not exit: a driver's own exit handlers may block for as long as a kernel runs, and nothing of
// ours is left to flush when this is called.
function endProcess(): never {
    process.kill(process.pid, 'SIGKILL');
    process.exit(1);
}

function endWithDaemon(): void {
    if (!started || ending) {
        endProcess();
    }
    addon?.command('stop', lostResult);
    setTimeout(endProcess, lastWordsMs);
}

// Counted from the moment the guest attached: a worker's own start is not the guest's.
let switchesBefore = { voluntary: 0, involuntary: 0 };
const voluntarySlot = meterNames.indexOf('voluntarySwitches');
const involuntarySlot = meterNames.indexOf('involuntarySwitches');

function readSwitches(): { voluntary: number; involuntary: number } {
    const { voluntaryContextSwitches, involuntaryContextSwitches } = process.resourceUsage();
    return { voluntary: voluntaryContextSwitches, involuntary: involuntaryContextSwitches };
}

function sendMeters(): void {
    // Looking costs a switch itself: an idle session must stay quiet.
    const text = meters.subarray(0, voluntarySlot).join();
    if (text !== sentMeters) {
        const { voluntary, involuntary } = readSwitches();
        meters[voluntarySlot] = BigInt(voluntary - switchesBefore.voluntary);
        meters[involuntarySlot] = BigInt(involuntary - switchesBefore.involuntary);
        sentMeters = text;
        send({ t: 'meters', values: [...meters] });
    }
}

async function endSession(result: number, message: string): Promise<void> {
    if (ending) {
        return;
    }
    ending = true;
    sendMeters();
    trace?.close();
    const last: UpRecord = { t: 'ended', result, message };
    await channel.sendLast(last);
    endProcess();
}

function takeEvent(event: AddonEvent): void {
    switch (event.type) {
        case 'wants':
        case 'released':
            send({ t: event.type });
            return;
        case 'listening':
            send({ t: 'listening', tcpPort: event.tcpPort });
            return;
        case 'attached':
            switchesBefore = readSwitches();
            if (trace !== null) {
                trace.guestPid = event.pid;
            }
            send({ t: 'attached', pid: event.pid, uid: event.uid });
            return;
        case 'log':
            send({ t: 'log', level: event.level, message: event.message });
            return;
        case 'ended':
            void endSession(event.result, event.message);
    }
}

function start(record: Extract<DownRecord, { t: 'start' }>): void {
    if (addon === null || started) {
        return;
    }
    started = true;
    const { t: _, ticket, traceFile, ...options } = record;
    try {
        trace = traceFile === '' ? null : new TraceWriter(traceFile);
        const traced = trace === null ? {} : { trace: trace.memory };
        addon.start({ ...options, ...traced, ticket: Buffer.from(ticket), meters }, takeEvent);
    } catch (error) {
        void endSession(lostResult, messageOf(error));
        return;
    }
    setInterval(sendMeters, meterIntervalMs);
}

function probe(record: Extract<DownRecord, { t: 'probe' }>): void {
    try {
        const probed = addon?.probe(record.driver, record.driverPath) ?? null;
        send({ t: 'probed', error: probed === null ? 'the addon is not loaded' : null, probed });
    } catch (error) {
        send({ t: 'probed', error: messageOf(error), probed: null });
    }
}

function takeRecord(record: DownRecord): void {
    switch (record.t) {
        case 'start':
            start(record);
            return;
        case 'probe':
            probe(record);
            return;
        case 'grant':
            addon?.command('grant', record.quantumMs);
            return;
        case 'revoke':
            addon?.command('revoke', 0);
            return;
        case 'stop':
            if (!started || ending) {
                endProcess();
            }
            addon?.command('stop', record.result);
    }
}

// A terminal's Ctrl-C goes to the whole process group; when to stop is the daemon's decision.
for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM'] as const) {
    process.on(signal, () => undefined);
}

try {
    addon = loadAddon(addonPath);
    send({ t: 'ready' });
} catch (error) {
    void endSession(lostResult, messageOf(error));
}
