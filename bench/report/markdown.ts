// The report as Markdown: ratios first, then goals, charts, and every number with its spread. Pure.
import { chartsOf, bareDevice, computingDevice } from './charts.ts';
import {
    disturbedGoals,
    goalsOf,
    isMet,
    linkAlone,
    meanProgramRatio,
    programNames,
    programRatio,
    socketAloneMean,
    socketTrips,
    switchesOf,
    type Goal,
} from './goals.ts';
import {
    carriers,
    describeUnavailable,
    findSeries,
    isDisturbed,
    metricsOf,
    ratioBetween,
    shownValues,
    type Carrier,
    type Device,
    type LinkResult,
    type Results,
    type Series,
} from './results.ts';
import { formatNumber, formatRatio, median, spreadOf } from './statistics.ts';

function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
    const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
    return [
        row(header),
        row(header.map((_, index) => (index === 0 ? '---' : '---:'))),
        ...rows.map(row),
        '',
    ];
}

function present(results: Results, device: Device): Carrier[] {
    return carriers.filter((carrier) =>
        results.series.some((each) => each.device === device && each.carrier === carrier),
    );
}

const headlines: readonly (readonly [string, string])[] = [
    ['calls', 'launch, 4 arguments'],
    ['calls', '500 launches and a wait'],
    ['calls', 'memset, 1 KiB'],
    ['round-trips', 'synchronise, idle stream'],
    ['round-trips', 'copy 4 B to the host'],
    ['objects', 'allocate and free 1 KiB'],
    ['objects', 'create and destroy an event'],
    ['objects', 'query a done event'],
    ['copies', 'pinned to device, 16 MiB'],
    ['copies', 'pageable to host, 1 MiB'],
];

/** How much better `carrier` is than the classic model; a rate is better when it is higher. */
function gainOf(
    results: Results,
    [benchmark, metric]: readonly [string, string],
    carrier: Carrier,
): string {
    const device = bareDevice(results);
    const key = { benchmark, metric, device };
    const classic = findSeries(results, { ...key, carrier: 'classic' });
    const own = findSeries(results, { ...key, carrier });
    if (classic === undefined || own === undefined) {
        return '-';
    }
    const isRate = own.unit === 'GB/s';
    return formatRatio(
        isRate ? ratioBetween(own, classic) : ratioBetween(classic, own),
    );
}

function gains(results: Results): string[] {
    const device = bareDevice(results);
    const shown = present(results, device).filter(
        (carrier) => carrier !== 'classic' && carrier !== 'direct',
    );
    if (shown.length === 0 || !present(results, device).includes('classic')) {
        return [];
    }
    const rows = headlines
        .filter(([benchmark]) => results.series.some((each) => each.benchmark === benchmark))
        .map((each) => {
            const key = { benchmark: each[0], metric: each[1], device, carrier: 'classic' } as const;
            const classic = findSeries(results, key);
            const base =
                classic === undefined ? '-' : `${formatNumber(median(shownValues(classic)))} ${classic.unit}`;
            return [each[1], base, ...shown.map((carrier) => gainOf(results, each, carrier))];
        });
    const words =
        'How many times better than the classic model, which waits for every call with both ends asleep on ' +
        'different cores (`FERRY_BATCH=off`), in the same run:';
    return ['## Against the classic model', '', words, '', ...table(['', 'classic', ...shown], rows)];
}

function programTable(results: Results): string[] {
    const device = computingDevice(results);
    const shown = present(results, device).filter((carrier) => carrier !== 'direct');
    const ran = programNames.filter((name) => results.series.some((each) => each.benchmark === name));
    if (ran.length === 0 || shown.length === 0) {
        return [];
    }
    const cell = (ratio: number | null) => (ratio === null ? '-' : formatRatio(ratio));
    const rows = ran.map((name) => {
        const direct = findSeries(results, { benchmark: name, metric: 'loop', device, carrier: 'direct' });
        const base = direct === undefined ? '-' : `${formatNumber(median(shownValues(direct)))} ms`;
        return [name, base, ...shown.map((carrier) => cell(programRatio(results, name, carrier)))];
    });
    const means = shown.map((carrier) => cell(meanProgramRatio(results, carrier)));
    return [
        '## Programs',
        '',
        `Time through Ferry against the same program directly on the ${device} device, in the same run:`,
        '',
        ...table(['', 'direct', ...shown], [...rows, ['geometric mean', '', ...means]]),
    ];
}

function goalRow(goal: Goal, isRough: boolean): string[] {
    const met = isMet(goal);
    const sign = goal.side === 'below' ? 'at most' : 'at least';
    const unit = goal.unit === 'x' || goal.unit === '' ? goal.unit : ` ${goal.unit}`;
    const number = goal.measured === null ? 'not measured' : `${formatNumber(goal.measured)}${unit}`;
    const measured = isRough ? `~${number}` : number;
    const verdict = met === null ? '' : met ? 'met' : '**missed**';
    return [goal.text, `${sign} ${formatNumber(goal.limit)}${unit}`, measured, verdict];
}

function socketRemarks(results: Results): string[] {
    const trips = socketTrips(results);
    const mean = socketAloneMean(results);
    const ofTrips =
        trips === null
            ? []
            : [
                  `A message of a raw socket takes ${formatNumber(trips.unix)} us there and back (Unix) ` +
                      `and ${formatNumber(trips.tcp)} us (TCP) here, while both ends look for it.`,
                  '',
              ];
    const ofMean =
        mean === null
            ? []
            : [
                  'What a raw TCP socket takes for the bytes of the two programs that copy would alone ' +
                      `make the mean on TCP ${formatRatio(mean)}, with all the rest as fast as direct.`,
                  '',
              ];
    const link = linkAlone(results);
    const ofLink =
        link === null
            ? []
            : [
                  'What a raw connection takes for the bytes of a step of `training` and one message there ' +
                      `and back, over 25 Gbit/s and 1 ms, would alone make it ${formatRatio(link)}.`,
                  '',
              ];
    return [...ofTrips, ...ofMean, ...ofLink];
}

function switchTable(results: Results): string[] {
    const device = bareDevice(results);
    const shown = present(results, device);
    const counts = (device: Device, benchmark: string, metric: string) =>
        shown.map((carrier) => {
            const count = switchesOf(results, { benchmark, metric, device, carrier });
            return count === null ? '-' : formatNumber(count);
        });
    const rows = headlines
        .filter(([benchmark]) => benchmark !== 'copies')
        .filter(([benchmark]) => results.series.some((each) => each.benchmark === benchmark))
        .map(([benchmark, metric]) => [metric, ...counts(device, benchmark, metric)]);
    if (results.series.some(({ benchmark }) => benchmark === 'launches')) {
        const computing = computingDevice(results);
        const label = `the program launches, ${computing} device`;
        rows.push([label, ...counts(computing, 'launches', 'loop')]);
    }
    const words =
        'Voluntary and involuntary, of all threads of guest and worker, without the pool of the software ' +
        'device, which stands for the GPU:';
    return rows.length === 0
        ? []
        : ['## Context switches per 1,000 calls', '', words, '', ...table(['', ...shown], rows)];
}

function linkRow(link: LinkResult): string[] {
    const ratios = link.programs.map((each) => formatRatio(ratioBetween(each.forwarded, each.direct)));
    return [
        `${link.gbit} Gbit/s, ${link.roundTripUs / 1000} ms`,
        `${formatNumber(link.measuredGbit)} Gbit/s, ${formatNumber(link.measuredRoundTripUs / 1000)} ms`,
        ...ratios,
        `${formatNumber((link.relayCpuSeconds / link.relayWallSeconds) * 100)} %`,
    ];
}

function linkTable(results: Results): string[] {
    const names = results.links[0]?.programs.map(({ name }) => name);
    if (names === undefined) {
        return [];
    }
    const header = ['link', 'raw TCP through it', ...names, "relay's processor"];
    const words =
        'Forwarded over TCP through the relay against direct. The relay runs on the same machine, so a ' +
        'fast link is as slow as the wake-ups of its ends; what a raw connection reaches stands beside it.';
    return ['## Over a link', '', words, '', ...table(header, results.links.map(linkRow))];
}

function cellOf(series: Series | undefined): string {
    if (series === undefined) {
        return '-';
    }
    const { median: middle, min, max } = spreadOf(shownValues(series));
    const [low, high] = [formatNumber(min), formatNumber(max)];
    const mark = isDisturbed(series) ? '~' : '';
    const shown = `${mark}${formatNumber(middle)}`;
    return low === high ? shown : `${shown} (${low}-${high})`;
}

function details(results: Results, device: Device): string[] {
    const shown = present(results, device);
    const names = [
        ...new Set(results.series.filter((each) => each.device === device).map((each) => each.benchmark)),
    ];
    return names.flatMap((benchmark) => {
        const rows = metricsOf(results, benchmark, device).map((metric) => {
            const all = shown.map((carrier) => findSeries(results, { benchmark, metric, device, carrier }));
            const unit = all.find((each) => each !== undefined)?.unit ?? '';
            return [unit === '' ? metric : `${metric}, ${unit}`, ...all.map(cellOf)];
        });
        return [`### ${benchmark} on the ${device} device`, '', ...table(['', ...shown], rows)];
    });
}

function counterTable(results: Results): string[] {
    const rows = results.counters.map((each) => {
        const per = (count: number) => formatNumber((count / Math.max(1, median(each.calls))) * 1000);
        const doorbells = each.doorbells.filter((count) => count !== null);
        return [
            `${each.benchmark}, ${each.device}, ${each.carrier}`,
            formatNumber(median(each.calls)),
            per(median(each.roundTrips)),
            per(median(each.batches)),
            doorbells.length === 0 ? '-' : per(median(doorbells)),
        ];
    });
    const header = ['process', 'calls', 'round trips', 'batches', 'doorbells'];
    const words =
        "The shim's own counters, of whole processes with start and end, per 1,000 calls:";
    return rows.length === 0 ? [] : ['### Counters', '', words, '', ...table(header, rows)];
}

const busyWarning =
    '- **Others were at work on this machine: absolute numbers are too high, and ratios are rough.**';

const aboutQuiet =
    'Each core of a virtual machine may share its units with a neighbour whom no counter shows, and its ' +
    'host may move cores to where they share no cache. Between two blocks of samples the guest ' +
    'therefore looks how fast all cores are at a short loop, and a word from one to the other. Given is ' +
    'what lies between two looks that found them as fast, and as near, as cores that are left alone; ' +
    'where fewer than half of the rounds have any (a start-up is one block, and so is what crosses a ' +
    'link, but for the link that a goal names), all samples of all rounds, with a ~ before the number. ' +
    "A part in which that is most of a carrier's numbers has had more rounds.";

function opening(results: Results): string[] {
    const { machine } = results;
    const kind = results.quick ? 'quick ' : '';
    // The suite itself keeps two or three threads busy.
    const isLoaded = Math.max(machine.loadBefore, machine.loadAfter - 2) > machine.cores;
    const isBusy = isLoaded || machine.stolen > 0.02;
    const day = results.startedAt.slice(0, 10);
    const devices = Object.entries(results.devices).map(([kindOf, name]) => `${kindOf} (${name})`);
    const stolen = `its host gave ${(100 * machine.stolen).toFixed(1)} % of its processors' time to others`;
    const load = `${machine.loadBefore.toFixed(1)} before, ${machine.loadAfter.toFixed(1)} after; ${stolen}`;
    return [
        '# Benchmarks',
        '',
        `A ${kind}run of \`npm run bench\`, version ${results.version}, ${day}: ${results.rounds} rounds, ` +
            `${formatNumber(results.durationS)} s. Medians of the rounds; within each round carriers were ` +
            'measured in turns: what the machine did besides falls on all alike.',
        '',
        aboutQuiet,
        '',
        `- Machine: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGib} GiB, ${machine.kernel}`,
        `- Load of the machine: ${load}`,
        `- A look's loop on a core left alone: ${formatNumber(machine.aloneNs / 1000)} us; a word from one ` +
            `such core to the other and back: ${formatNumber(machine.tripNs)} ns`,
        ...(isBusy ? [busyWarning] : []),
        `- Devices: ${devices.join(', ')}`,
        ...results.unavailable.map((each) => `- ${describeUnavailable(each)}`),
        ...results.failures.map((each) => `- FAILED: ${each}`),
        '',
    ];
}

/** The whole report; charts are looked for in `chartFolder`, relative to it. */
export function writeMarkdown(results: Results, chartFolder: string): string {
    const rough = disturbedGoals(results);
    const goalRows = goalsOf(results).map((goal, index) => goalRow(goal, rough[index] === true));
    const goals = table(['goal', 'limit', 'measured', ''], goalRows);
    const images = chartsOf(results).flatMap(({ file, caption }) => [
        `![${caption}](${chartFolder}${file})`,
        '',
    ]);
    const limits = results.limits.map((each) => [`${each.metric}, ${each.unit}`, cellOf(each)]);
    const devices = Object.keys(results.devices) as Device[];
    const parts = [
        opening(results),
        gains(results),
        programTable(results),
        switchTable(results),
        linkTable(results),
        ['## Goals', '', ...goals, ...socketRemarks(results)],
        ['## Charts', '', ...images],
        ['## Every number', '', 'Median of the rounds, and the least and the most of them.', ''],
        devices.flatMap((device) => details(results, device)),
        counterTable(results),
        limits.length === 0 ? [] : ['### This machine without Ferry', '', ...table(['', 'median'], limits)],
    ];
    return `${parts.flat().join('\n').trimEnd()}\n`;
}
