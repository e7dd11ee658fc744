// The overlay as one value: what proto/gen/gl joins with the registry.

import { buffers } from './buffers.ts';
import { fixed } from './fixed.ts';
import { images } from './images.ts';
import { objects } from './objects.ts';
import { programs } from './programs.ts';
import type { GlChapter } from './rules.ts';
import { setters } from './sets.ts';
import { state } from './state.ts';
import { waits } from './waits.ts';

/** Later chapters come on top of earlier ones where both speak of a call. */
export const glOverlay: readonly GlChapter[] = [
    state,
    fixed,
    objects,
    buffers,
    images,
    programs,
    waits,
    setters,
];
