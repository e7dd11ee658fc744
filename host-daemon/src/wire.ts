// Which wire this daemon speaks. Read from the one place that says it, so that no second number can disagree.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { places } from './config/places.ts';
import { DaemonError } from './errors.ts';

function readWireVersion(): number {
    const header = join(dirname(places.proto), 'wire', 'record.h');
    const found = /kWireVersion = (\d+);/.exec(readFileSync(header, 'utf8'));
    if (found === null) {
        throw new DaemonError('config_invalid', `${header}: expected a line that sets kWireVersion, got none`);
    }
    return Number(found[1]);
}

export const wireVersion = readWireVersion();
/** Empty until the generated tables say otherwise: then guests are judged by the wire version alone. */
export const specHash = '';
