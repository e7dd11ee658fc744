// `ferry run` and `ferry bundle` around ordinary programs: what is passed through, which daemon is used,
// and what is left afterwards. The shim is the real one, but these programs never call it; workers have the
// fake addon.
import {
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    realpathSync,
    writeFileSync,
} from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';

import { formatStats, readStats } from '../../host-daemon/src/cli/stats.ts';
import { endpointOfSocket, places } from '../../host-daemon/src/config/places.ts';
import {
    cleanUp,
    fakeAddon,
    newFolder,
    startDaemonProcess,
    startFerry,
    until,
    type Program,
} from './harness.ts';

afterEach(cleanUp);

interface Ran {
    readonly program: Program;
    /** Where private daemons of this run live. */
    readonly runtimeFolder: string;
}

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Ran {
    const runtimeFolder = newFolder();
    const fake = { FERRY_WORKERS_ADDON: fakeAddon, FERRY_DEVICE: 'null', XDG_RUNTIME_DIR: runtimeFolder };
    return { program: startFerry(['run', ...args], { ...fake, ...env }), runtimeFolder };
}

const shell = (script: string) => ['--', '/bin/sh', '-c', script];

describe.skipIf(!existsSync(places.shim))('ferry run', () => {
    it('passes standard input, output and the exit status through', async () => {
        const { program } = run(shell('read line; echo "got $line"; exit 7'));
        program.child.stdin?.end('hello\n');
        expect(await program.ended).toBe(7);
        expect(program.output()).toContain('got hello');
    });

    it('puts the shim before everything else, in both ways to load it', async () => {
        const show = 'echo "$LD_PRELOAD|$LD_LIBRARY_PATH|$FERRY_ENDPOINT"';
        const resolve = 'readlink -f "${LD_LIBRARY_PATH%%:*}/libcuda.so.1"';
        const { program } = run(shell(`${show}; ${resolve}`), { LD_LIBRARY_PATH: '/opt/own' });
        expect(await program.ended).toBe(0);
        const [line = '', target] = program.output().trim().split('\n');
        const [preload, path, endpoint] = line.split('|');
        expect(preload).toBe(places.shim);
        expect(path).toBe(`${places.shimLinks}:/opt/own`);
        expect(endpoint).toMatch(/^unix:.*ferry-run-.*\/ferry\.sock$/);
        expect(target).toBe(realpathSync(places.shim));
    });

    it('answers 128 + n when a signal ended the program, and passes signals on', async () => {
        const { program } = run(shell('kill -KILL $$'));
        expect(await program.ended).toBe(137);
        const trapping = run(
            shell('trap "echo caught; exit 3" TERM; echo waiting; while :; do sleep 0.05; done'),
        );
        await until('waiting', () => trapping.program.output().includes('waiting'));
        trapping.program.child.kill('SIGTERM');
        expect(await trapping.program.ended).toBe(3);
        expect(trapping.program.output()).toContain('caught');
    });

    it('answers 127 for a program that is not there and 126 for one that cannot be run', async () => {
        expect(await run(['--', '/nonexistent/program']).program.ended).toBe(127);
        const file = join(newFolder(), 'text');
        writeFileSync(file, 'no program');
        expect(await run(['--', file]).program.ended).toBe(126);
    });

    it('leaves the options of the program to the program', async () => {
        const { program } = run(['/bin/echo', '--stats', '-n', '--device', 'x']);
        expect(await program.ended).toBe(0);
        expect(program.output()).toBe('--stats -n --device x\n');
    });

    it('leaves nothing of its private daemon behind', async () => {
        const { program, runtimeFolder } = run(shell('exit 0'));
        expect(await program.ended).toBe(0);
        expect(readdirSync(runtimeFolder)).toEqual([]);
    });

    it('takes its private daemon with it when it is killed', async () => {
        const { program, runtimeFolder } = run(shell('echo up; exec sleep 2'));
        await until('up', () => program.output().includes('up'));
        program.child.kill('SIGKILL');
        await until('folder gone', () => readdirSync(runtimeFolder).length === 0);
    });

    it('sweeps the folder of a private daemon that was killed with its starter', async () => {
        const runtimeFolder = newFolder();
        const stale = mkdtempSync(join(runtimeFolder, 'ferry-run-4194303-'));
        const { program } = run(shell('exit 0'), { XDG_RUNTIME_DIR: runtimeFolder });
        expect(await program.ended).toBe(0);
        expect(existsSync(stale)).toBe(false);
    });

    it('uses the daemon at the default socket when there is one', async () => {
        const runtimeFolder = newFolder();
        mkdirSync(join(runtimeFolder, 'ferry'), { mode: 0o700 });
        const socket = join(runtimeFolder, 'ferry', 'ferry.sock');
        await startDaemonProcess(socket);
        const { program } = run(shell('echo $FERRY_ENDPOINT'), { XDG_RUNTIME_DIR: runtimeFolder });
        expect(await program.ended).toBe(0);
        expect(program.output().trim()).toBe(endpointOfSocket(socket));
    });

    it('fails with 125 when a named daemon does not answer, rather than run elsewhere', async () => {
        const { program } = run(shell('echo ran'), { FERRY_ENDPOINT: 'unix:/nonexistent/ferry.sock' });
        expect(await program.ended).toBe(125);
        expect(program.output()).not.toContain('ran');
    });

    it('says why its private daemon did not start', async () => {
        const { program } = run(shell('echo ran'), { FERRY_WORKERS_ADDON: '/nonexistent.node' });
        expect(await program.ended).toBe(125);
        expect(program.output()).toContain('/nonexistent.node');
    });

    it('prints --stats on standard error, and says so when there are none', async () => {
        const line =
            '{"program":"x","calls":5,"records":4,"batches":3,"round_trips":2,"bytes_out":1,"bytes_in":9}';
        const counted = run(['--stats', ...shell(`echo '${line}' >> $FERRY_STATS_FILE`)]);
        expect(await counted.program.ended).toBe(0);
        expect(counted.program.output()).toMatch(/PROGRAM +CALLS/);
        const none = run(['--stats', ...shell('exit 0')]);
        expect(await none.program.ended).toBe(0);
        expect(none.program.output()).toContain('no process of this run has told its counts');
    });
});

describe('statistics of guests', () => {
    it('are read past a line that was cut short', () => {
        const file = join(newFolder(), 'stats');
        writeFileSync(
            file,
            '{"program":"a","calls":1}\n{"program":"b","ca\n[1]\n{"program":"c","calls":"x"}\n',
        );
        expect(readStats(file).map(({ program, calls }) => [program, calls])).toEqual([
            ['a', 1],
            ['?', 0],
            ['c', 0],
        ]);
        expect(formatStats(readStats(file))).toHaveLength(4);
    });
});

describe.skipIf(!existsSync(places.shim))('ferry bundle', () => {
    it('writes a folder that runs a program without Node', async () => {
        const folder = join(newFolder(), 'bundle');
        expect(await startFerry(['bundle', folder]).ended).toBe(0);
        expect(readdirSync(folder).sort()).toEqual(['README', 'ferry-run', 'lib', 'libferry.so']);
        expect(realpathSync(join(folder, 'lib', 'libcuda.so.1'))).toBe(
            realpathSync(join(folder, 'libferry.so')),
        );
        const script = ['/bin/sh', '-c', 'echo "$LD_PRELOAD $1"; exit 5', 'sh', 'an argument'];
        const ran = spawnSync(join(folder, 'ferry-run'), script, {
            encoding: 'utf8',
            env: { PATH: '/usr/bin:/bin' },
        });
        expect(ran.status).toBe(5);
        expect(ran.stdout.trim()).toBe(`${realpathSync(folder)}/libferry.so an argument`);
        expect(readFileSync(join(folder, 'README'), 'utf8')).toContain('FERRY_ENDPOINT');
    });

    it('refuses a folder that holds something', async () => {
        const folder = newFolder();
        writeFileSync(join(folder, 'mine'), '');
        const program = startFerry(['bundle', folder]);
        expect(await program.ended).toBe(2);
        expect(readdirSync(folder)).toEqual(['mine']);
    });
});
