// `ferry doctor`: what could keep a guest from its device, each as pass, warn or fail with the next step.
// It changes nothing; drivers are probed in child processes.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

import { loadConfig } from '../config/load.ts';
import { places, socketOfEndpoint } from '../config/places.ts';
import type { Config } from '../config/settings.ts';
import { ControlClient } from '../control/client.ts';
import { probeDriver, usualDriverPath } from '../daemon/device.ts';
import { messageOf } from '../errors.ts';
import type { DriverKind } from '../native.ts';
import { wireVersion } from '../generated/wire.ts';
import { workerSpecOf } from './daemon-command.ts';
import { chooseEndpoint } from './endpoint.ts';
import { exitCodes } from './exit-codes.ts';
import { printJson, printLine } from './output.ts';

interface Finding {
    readonly verdict: 'pass' | 'warn' | 'fail';
    readonly subject: string;
    readonly detail: string;
    /** What to do next; null when there is nothing to do. */
    readonly next: string | null;
}

export interface DoctorOptions {
    readonly endpoint?: string;
    readonly config?: string;
    readonly json?: boolean;
}

function pass(subject: string, detail: string): Finding {
    return { verdict: 'pass', subject, detail, next: null };
}

function warn(subject: string, detail: string, next: string): Finding {
    return { verdict: 'warn', subject, detail, next };
}

function fail(subject: string, detail: string, next: string): Finding {
    return { verdict: 'fail', subject, detail, next };
}

/** Exit status 1 when any check fails; warnings do not count. */
export async function runDoctor(options: DoctorOptions): Promise<number> {
    const { config, file } = loadConfig({}, process.env, options.config);
    const endpoint = options.endpoint ?? chooseEndpoint(undefined, process.env).endpoint;
    const findings = [
        pass('configuration', file ?? 'no file, defaults and environment'),
        checkNode(),
        checkFlock(),
        checkBuilt('shim', places.shim),
        checkBuilt('native addon', config['workers.addon']),
        checkSocketFolder(config),
        ...(await checkDrivers(config)),
        await checkDaemon(endpoint),
    ];
    const failedCount = findings.filter((finding) => finding.verdict === 'fail').length;
    if (options.json === true) {
        printJson({ ok: failedCount === 0, findings });
    } else {
        findings.forEach(printFinding);
        printLine(failedCount === 0 ? 'no failures' : `${failedCount} failed`);
    }
    return failedCount === 0 ? exitCodes.ok : exitCodes.failed;
}

function printFinding(finding: Finding): void {
    printLine(`${finding.verdict}  ${finding.subject.padEnd(16)} ${finding.detail}`);
    if (finding.next !== null) {
        printLine(`      ${' '.repeat(16)} -> ${finding.next}`);
    }
}

function checkNode(): Finding {
    const major = Number(process.versions.node.split('.')[0]);
    const detail = `${process.versions.node} on ${process.platform} ${process.arch}`;
    return major >= 20 ? pass('node', detail) : fail('node', detail, 'install Node 20.19 or newer');
}

function checkFlock(): Finding {
    const found = spawnSync('flock', ['--version'], { encoding: 'utf8' });
    return found.status === 0
        ? pass('flock', found.stdout.trim())
        : fail('flock', 'not found', 'install util-linux: the lock on the socket needs it');
}

function checkBuilt(subject: string, path: string): Finding {
    return existsSync(path) ? pass(subject, path) : fail(subject, `${path} is not there`, 'npm run build');
}

function checkSocketFolder(config: Config): Finding {
    const folder = dirname(config.socket);
    const subject = 'socket folder';
    if (!existsSync(folder)) {
        return canCreate(folder)
            ? pass(subject, `${folder} will be made with mode 700`)
            : warn(
                  subject,
                  `${folder} cannot be made by this user`,
                  'ferry daemon --socket PATH, in a folder you own',
              );
    }
    const found = statSync(folder);
    const isOurs = found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
    return isOurs
        ? pass(subject, `${folder} is yours alone`)
        : warn(
              subject,
              `${folder} is open to others`,
              `chmod 700 ${folder}, or another --socket; a daemon refuses it`,
          );
}

function canCreate(folder: string): boolean {
    let parent = dirname(folder);
    while (!existsSync(parent)) {
        parent = dirname(parent);
    }
    try {
        accessSync(parent, constants.W_OK);
        return true;
    } catch {
        return false;
    }
}

async function checkDrivers(config: Config): Promise<Finding[]> {
    if (!existsSync(config['workers.addon'])) {
        return [];
    }
    const spec = workerSpecOf(config);
    const findings: Finding[] = [];
    for (const driver of ['nvidia', 'software'] as const) {
        const path = pathFor(driver, config);
        const outcome = await probeDriver(spec, driver, path);
        const names = outcome.found ? outcome.device.devices.map((device) => device.name).join(', ') : '';
        if (names !== '') {
            findings.push(pass(`${driver} device`, names));
            continue;
        }
        const detail = outcome.found ? `${path} has no device` : outcome.reason;
        findings.push(warn(`${driver} device`, detail, adviceFor(driver)));
    }
    const usable = findings.some((finding) => finding.verdict === 'pass');
    return usable
        ? findings
        : [...findings, fail('device', 'no driver has a device', 'see the two lines above')];
}

function pathFor(driver: DriverKind, config: Config): string {
    const isWanted = config['device.driver'] === driver && config['device.driver_path'] !== '';
    return isWanted ? config['device.driver_path'] : usualDriverPath(driver);
}

function adviceFor(driver: 'nvidia' | 'software'): string {
    return driver === 'nvidia'
        ? 'without an NVIDIA driver guests run on the software device; otherwise check nvidia-smi'
        : 'npm run build';
}

async function checkDaemon(endpoint: string): Promise<Finding> {
    const subject = 'daemon';
    const socket = socketOfEndpoint(endpoint);
    if (socket !== null && !existsSync(socket)) {
        return warn(subject, `none at ${endpoint}`, 'ferry daemon; or ferry run, which starts its own');
    }
    const client = new ControlClient(endpoint);
    try {
        const { version, wireVersion: theirs } = await client.getVersion();
        return theirs === wireVersion
            ? pass(subject, `${version} at ${endpoint}`)
            : fail(
                  subject,
                  `${version} speaks wire ${theirs}, this is wire ${wireVersion}`,
                  'restart the daemon',
              );
    } catch (error) {
        return warn(
            subject,
            messageOf(error),
            'a socket is there but nobody answers: start ferry daemon again',
        );
    } finally {
        client.close();
    }
}
