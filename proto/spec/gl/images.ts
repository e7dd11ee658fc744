// Images between client memory and textures or framebuffers. Those of the program cross tightly packed; what
// GL_UNPACK_* and GL_PACK_* say is done in the guest.

import {
    array,
    each,
    type GlChapter,
    type GlRule,
    hand,
    nullable,
    nullablePixels,
    packed,
    pixels,
} from './rules.ts';

const image = (size: string): GlRule => ({ guest: 'hand', params: { pixels: pixels(size) } });
/** Without an image, the texture gets its size alone. */
const storage = (size: string): GlRule => ({ guest: 'hand', params: { pixels: nullablePixels(size) } });
const compressed: GlRule = { guest: 'hand', params: { data: pixels('size::bytes(imageSize)') } };
const readBack = (param: string): GlRule => ({ guest: 'hand', host: 'hand', params: { [param]: packed } });
const line = 'size::image(format, type, width, 1, 1)';
const plane = 'size::image(format, type, width, height, 1)';
const box = 'size::image(format, type, width, height, depth)';
const pixel = { params: { data: nullable('size::pixel(format, type)') } };
const pixelMap = (element: string): GlRule => ({
    guest: 'hand',
    params: { values: pixels(`size::array(mapsize, sizeof(${element}))`) },
});

export const images: GlChapter = {
    families: [
        {
            match: /^gl(Copy|Compressed)?Tex(ture)?(Sub)?Image|^glTex(ture)?Storage|^glCopyImageSubData$/,
            rule: hand,
        },
        { match: /^glCompressedTex(ture)?(Sub)?Image/, rule: compressed },
        { match: /^glCopyTex(ture)?(Sub)?Image/, rule: { host: 'hand' } },
        { match: /^glTex(ture)?SubImage1D$/, rule: image(line) },
        { match: /^glTex(ture)?SubImage2D$/, rule: image(plane) },
        { match: /^glTex(ture)?SubImage3D$/, rule: image(box) },
        { match: /^glGetn?Tex(ture)?(Sub)?Image$|^glReadn?Pixels$/, rule: { guest: 'hand', host: 'hand' } },
        // The host has to know when an image of a record is not what GL would read.
        { match: /^glPixelStore[fi]$/, rule: { guest: 'hand', host: 'hand' } },
    ],
    calls: {
        ...each(
            ['glGetTexImage', 'glGetnTexImage', 'glGetTextureImage', 'glGetTextureSubImage'],
            readBack('pixels'),
        ),
        ...each(['glGetnCompressedTexImage', 'glGetCompressedTextureImage'], readBack('pixels')),
        glGetCompressedTextureSubImage: readBack('pixels'),
        glGetCompressedTexImage: readBack('img'),
        glReadPixels: readBack('pixels'),
        glReadnPixels: readBack('data'),
        glTexImage1D: storage(line),
        glTexImage2D: storage(plane),
        glTexImage3D: storage(box),
        glDrawPixels: image(plane),
        glBitmap: { guest: 'hand', params: { bitmap: nullablePixels('size::bitmap(width, height)') } },
        glPolygonStipple: { guest: 'hand', params: { mask: pixels('size::kStippleBytes') } },
        glGetPolygonStipple: readBack('mask'),
        glGetnPolygonStipple: readBack('pattern'),
        glClearTexImage: pixel,
        glClearTexSubImage: pixel,
        glCopyPixels: { host: 'hand' },
        // A driver believes the level, and that there is such a texture.
        ...each(['glInvalidateTexImage', 'glInvalidateTexSubImage'], { host: 'hand' }),
        // What the names name, the targets say.
        glCopyImageSubData: { guest: 'hand', host: 'hand' },
        glPixelMapfv: pixelMap('GLfloat'),
        glPixelMapuiv: pixelMap('GLuint'),
        glPixelMapusv: pixelMap('GLushort'),
        ...each(['glGetPixelMapfv', 'glGetPixelMapuiv', 'glGetPixelMapusv'], readBack('values')),
        ...each(['glGetnPixelMapfv', 'glGetnPixelMapuiv', 'glGetnPixelMapusv'], readBack('values')),
        // Which buffers of a framebuffer are meant depends on whether it is the drawable's.
        ...each(
            ['glDrawBuffer', 'glReadBuffer', 'glNamedFramebufferDrawBuffer', 'glNamedFramebufferReadBuffer'],
            {
                host: 'hand',
                track: true,
            },
        ),
        glDrawBuffers: { host: 'hand', track: true },
        glNamedFramebufferDrawBuffers: {
            host: 'hand',
            track: true,
            params: { bufs: array('size::array(n, 4)') },
        },
        ...each(['glInvalidateFramebuffer', 'glInvalidateSubFramebuffer'], { host: 'hand' }),
        ...each(['glInvalidateNamedFramebufferData', 'glInvalidateNamedFramebufferSubData'], {
            host: 'hand',
            params: { attachments: array('size::array(numAttachments, 4)') },
        }),
        glDiscardFramebufferEXT: { host: 'hand' },
        ...each(['glBlitFramebuffer', 'glBlitNamedFramebuffer'], { host: 'hand' }),
        ...each(['glClearBufferfv', 'glClearBufferiv', 'glClearBufferuiv'], {
            params: { value: array('size::clear_value(buffer)') },
        }),
        ...each(['glClearNamedFramebufferfv', 'glClearNamedFramebufferiv', 'glClearNamedFramebufferuiv'], {
            params: { value: array('size::clear_value(buffer)') },
        }),
    },
};
