// The fixed function: immediate mode, display lists, matrices, evaluators, selection and feedback.

import { field } from '../dsl.ts';
import { array, type GlChapter, hand, local, names } from './rules.ts';

const attributes =
    /^gl(Vertex|(Secondary)?Color|Normal|(Multi)?TexCoord|FogCoord|Index|EdgeFlag)(P?\d|([fdsi]|ub)?v?$)/;

export const fixed: GlChapter = {
    families: [
        // One family to the guest, which packs runs of them.
        { match: attributes, rule: { guest: 'hand', neverFails: true } },
        { match: /^glVertexAttrib(\d|[ILP]\d)/, rule: { guest: 'hand' } },
        { match: /^gl(Begin|End)$/, rule: hand },
        { match: /^gl(NewList|EndList)$/, rule: { guest: 'hand', host: 'hand' } },
        { match: /^gl(Eval(Coord|Point)|Material|Rect)/, rule: hand },
        {
            match: /^gl(Load|Mult)(Transpose)?Matrix|^gl(Push|Pop)Matrix$|^glLoadIdentity$/,
            rule: { track: true },
        },
        {
            match: /^gl(Rotate|Translate|Scale)[fd]$|^gl(Frustum|Ortho)$|^glMatrixMode$/,
            rule: { track: true },
        },
        { match: /^gl(RasterPos|WindowPos)/, rule: hand },
    ],
    calls: {
        glCallList: { guest: 'hand', params: { list: names('list') } },
        glNewList: { params: { list: names('list') } },
        glListBase: { guest: 'hand', params: { base: names('list') } },
        // The names are already sums with the list base.
        glCallLists: {
            guest: 'hand',
            host: 'hand',
            wire: { request: { lists: field.bytes('glDataBytes') } },
        },
        // The host's names are the guest's and a base of the share group: none has to be made there.
        glGenLists: local,
        glDeleteLists: { guest: 'hand', params: { list: names('list') } },
        glMap1f: { params: { points: array('size::map1(target, stride, order) * sizeof(GLfloat)') } },
        glMap1d: { params: { points: array('size::map1(target, stride, order) * sizeof(GLdouble)') } },
        glMap2f: {
            params: {
                points: array('size::map2(target, ustride, uorder, vstride, vorder) * sizeof(GLfloat)'),
            },
        },
        glMap2d: {
            params: {
                points: array('size::map2(target, ustride, uorder, vstride, vorder) * sizeof(GLdouble)'),
            },
        },
        glSelectBuffer: { guest: 'hand', host: 'hand', wire: { request: { size: field.i32 } } },
        glFeedbackBuffer: {
            guest: 'hand',
            host: 'hand',
            wire: { request: { size: field.i32, type: field.u32 } },
        },
        // What the mode that ends has gathered for the program's buffer.
        glRenderMode: {
            guest: 'hand',
            host: 'hand',
            wire: {
                request: { mode: field.u32 },
                reply: { result: field.i32, gathered: field.bytes('glDataBytes') },
            },
        },
    },
};
