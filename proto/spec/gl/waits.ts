// Fences, queries, and calls that are about the stream of calls itself.

import { each, type GlChapter, hand, names } from './rules.ts';

export const waits: GlChapter = {
    calls: {
        glFenceSync: { guest: 'hand', gives: 'sync' },
        glDeleteSync: { guest: 'hand', takes: 'sync' },
        glIsSync: hand,
        // Waits on a thread that other lanes need must not be the driver's.
        glClientWaitSync: { guest: 'hand', host: 'hand', refused: 'GL_WAIT_FAILED' },
        glWaitSync: hand,
        glGetSynciv: hand,
        glFlush: { guest: 'hand', host: 'hand' },
        glFinish: { guest: 'hand', host: 'hand', class: 'sync' },
        ...each(
            ['glBeginQuery', 'glEndQuery', 'glBeginQueryIndexed', 'glEndQueryIndexed', 'glQueryCounter'],
            hand,
        ),
        // The query that is active has a name.
        ...each(['glGetQueryiv', 'glGetQueryIndexediv'], { guest: 'hand', host: 'hand' }),
        ...each(
            ['glGetQueryObjectiv', 'glGetQueryObjectuiv', 'glGetQueryObjecti64v', 'glGetQueryObjectui64v'],
            // An offset where a buffer is bound to GL_QUERY_BUFFER.
            { guest: 'hand', host: 'hand', params: { id: names('query'), params: { is: 'packed' } } },
        ),
        ...each(
            [
                'glGetQueryBufferObjectiv',
                'glGetQueryBufferObjectuiv',
                'glGetQueryBufferObjecti64v',
                'glGetQueryBufferObjectui64v',
            ],
            hand,
        ),
        glBeginConditionalRender: { params: { id: names('query') } },
    },
};
