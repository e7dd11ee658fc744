// Calls that set state by their parameters alone: what of it glGet* answers in the guest, and when GL cannot
// refuse the call. The conditions are conservative (guest-shim/src/gl/valid.h): where one does not hold, the
// state is asked of the host next time, and so are errors.

import { type GlChapter, type GlRule, type GlRules } from './rules.ts';

type Values = Readonly<Record<string, readonly string[]>>;

const sets = (when: string, values: Values = {}): GlRule => ({ track: false, sets: { when, values } });
/** Allowed between glBegin and glEnd. */
const anywhere = (when: string, values: Values = {}): GlRule => ({
    track: false,
    sets: { when, values, anywhere: true },
});
/** The state is the host's to say after these. */
const forgets = (...names: string[]): GlRule =>
    sets('false', Object.fromEntries(names.map((name) => [name, ['0']])));

const front = ['FUNC', 'FAIL', 'PASS_DEPTH_FAIL', 'PASS_DEPTH_PASS'].map((name) => `GL_STENCIL_${name}`);
const back = front.map((name) => name.replace('STENCIL', 'STENCIL_BACK'));
const stencil = [...front, ...back];

function operations(names: readonly string[]): Values {
    return Object.fromEntries(
        names.flatMap((name): [string, readonly string[]][] => {
            if (name.endsWith('DEPTH_FAIL')) return [[name, ['zfail']]];
            if (name.endsWith('DEPTH_PASS')) return [[name, ['zpass']]];
            return name.endsWith('FAIL') ? [[name, ['fail']]] : [];
        }),
    );
}

const blend = ['SRC_RGB', 'DST_RGB', 'SRC_ALPHA', 'DST_ALPHA'].map((name) => `GL_BLEND_${name}`);
const [sourceRgb = '', targetRgb = '', sourceAlpha = '', targetAlpha = ''] = blend;
const equations = ['GL_BLEND_EQUATION_RGB', 'GL_BLEND_EQUATION_ALPHA'];
const textures = ['1D', '2D', '3D', 'CUBE_MAP'].map((target) => `GL_TEXTURE_BINDING_${target}`);
const colour = 'GL_CURRENT_COLOR';
const bytes = (...names: string[]): string[] => names.map((name) => `valid::byte(${name})`);
const elements = (name: string, count: number): string[] =>
    [0, 1, 2, 3].map((at) => (at < count ? `${name}[${at}]` : '1'));

const colours: GlRules = {
    glColor3f: anywhere('true', { [colour]: ['red', 'green', 'blue', '1'] }),
    glColor4f: anywhere('true', { [colour]: ['red', 'green', 'blue', 'alpha'] }),
    glColor3fv: anywhere('true', { [colour]: elements('v', 3) }),
    glColor4fv: anywhere('true', { [colour]: elements('v', 4) }),
    glColor3ub: anywhere('true', { [colour]: [...bytes('red', 'green', 'blue'), '1'] }),
    glColor4ub: anywhere('true', { [colour]: bytes('red', 'green', 'blue', 'alpha') }),
    glColor3ubv: anywhere('true', { [colour]: [...bytes('v[0]', 'v[1]', 'v[2]'), '1'] }),
    glColor4ubv: anywhere('true', { [colour]: bytes('v[0]', 'v[1]', 'v[2]', 'v[3]') }),
};

export const setters: GlChapter = {
    families: [
        { match: /^glColor(P?\d|\d)/, rule: forgets(colour) },
        { match: /^gl(Viewport(Array|Indexed))/, rule: forgets('GL_VIEWPORT') },
        { match: /^gl(Scissor(Array|Indexed))/, rule: forgets('GL_SCISSOR_BOX') },
        { match: /^gl(DepthRange(Array|Indexed))/, rule: forgets('GL_DEPTH_RANGE') },
        { match: /^glBindTexture(s|Unit)$/, rule: forgets(...textures) },
        { match: /^glBlendFunc(Separate)?i$/, rule: forgets(...blend) },
        { match: /^glBlendEquation(Separate)?i$/, rule: forgets(...equations) },
    ],
    calls: {
        ...colours,
        glAlphaFunc: sets('valid::fixed(context) && valid::comparison(func) && valid::unit(ref)', {
            GL_ALPHA_TEST_FUNC: ['func'],
            GL_ALPHA_TEST_REF: ['ref'],
        }),
        glBlendFunc: sets('valid::source_factor(sfactor) && valid::target_factor(dfactor)', {
            [sourceRgb]: ['sfactor'],
            [targetRgb]: ['dfactor'],
            [sourceAlpha]: ['sfactor'],
            [targetAlpha]: ['dfactor'],
        }),
        glBlendFuncSeparate: sets(
            'valid::source_factor(sfactorRGB) && valid::target_factor(dfactorRGB) && ' +
                'valid::source_factor(sfactorAlpha) && valid::target_factor(dfactorAlpha)',
            {
                [sourceRgb]: ['sfactorRGB'],
                [targetRgb]: ['dfactorRGB'],
                [sourceAlpha]: ['sfactorAlpha'],
                [targetAlpha]: ['dfactorAlpha'],
            },
        ),
        glBlendEquation: sets(
            'valid::equation(mode)',
            Object.fromEntries(equations.map((name) => [name, ['mode']])),
        ),
        glBlendEquationSeparate: sets('valid::equation(modeRGB) && valid::equation(modeAlpha)', {
            GL_BLEND_EQUATION_RGB: ['modeRGB'],
            GL_BLEND_EQUATION_ALPHA: ['modeAlpha'],
        }),
        glBlendColor: sets('valid::units(red, green, blue, alpha)', {
            GL_BLEND_COLOR: ['red', 'green', 'blue', 'alpha'],
        }),
        glClearColor: sets('valid::units(red, green, blue, alpha)', {
            GL_COLOR_CLEAR_VALUE: ['red', 'green', 'blue', 'alpha'],
        }),
        glClearDepth: sets('valid::desktop(context) && valid::unit(depth)', {
            GL_DEPTH_CLEAR_VALUE: ['depth'],
        }),
        glClearDepthf: forgets('GL_DEPTH_CLEAR_VALUE'),
        glColorMask: sets('true', {
            GL_COLOR_WRITEMASK: ['red != 0', 'green != 0', 'blue != 0', 'alpha != 0'],
        }),
        glColorMaski: forgets('GL_COLOR_WRITEMASK'),
        glLogicOp: forgets('GL_LOGIC_OP_MODE'),
        glDepthFunc: sets('valid::comparison(func)', { GL_DEPTH_FUNC: ['func'] }),
        glDepthMask: sets('true', { GL_DEPTH_WRITEMASK: ['flag != 0'] }),
        glDepthRange: sets('valid::desktop(context) && valid::units(n, f)', { GL_DEPTH_RANGE: ['n', 'f'] }),
        glDepthRangef: forgets('GL_DEPTH_RANGE'),
        glStencilFunc: sets('valid::comparison(func)', {
            GL_STENCIL_FUNC: ['func'],
            GL_STENCIL_BACK_FUNC: ['func'],
        }),
        glStencilFuncSeparate: forgets(...stencil),
        glStencilFuncSeparateATI: forgets(...stencil),
        glStencilOp: sets(
            'valid::stencil_operation(fail) && valid::stencil_operation(zfail) && ' +
                'valid::stencil_operation(zpass)',
            operations(stencil),
        ),
        glStencilOpSeparate: forgets(...stencil),
        glCullFace: sets('valid::face(mode)', { GL_CULL_FACE_MODE: ['mode'] }),
        glFrontFace: sets('mode == GL_CW || mode == GL_CCW', { GL_FRONT_FACE: ['mode'] }),
        glPolygonOffset: sets('true', {
            GL_POLYGON_OFFSET_FACTOR: ['factor'],
            GL_POLYGON_OFFSET_UNITS: ['units'],
        }),
        glPolygonOffsetClamp: forgets('GL_POLYGON_OFFSET_FACTOR', 'GL_POLYGON_OFFSET_UNITS'),
        glLineWidth: sets('width > 0 && (width <= 1 || valid::fixed(context))', { GL_LINE_WIDTH: ['width'] }),
        glPointSize: sets('valid::desktop(context) && size > 0', { GL_POINT_SIZE: ['size'] }),
        glShadeModel: sets('valid::fixed(context) && (mode == GL_FLAT || mode == GL_SMOOTH)', {
            GL_SHADE_MODEL: ['mode'],
        }),
        glScissor: sets('valid::area(x, y, width, height)', {
            GL_SCISSOR_BOX: ['x', 'y', 'width', 'height'],
        }),
        glViewport: {
            ...sets('valid::area(x, y, width, height)', { GL_VIEWPORT: ['x', 'y', 'width', 'height'] }),
            track: true,
        },
        glLightfv: sets('valid::fixed(context) && valid::light(light) && valid::light_vector(pname)'),
        glMaterialfv: anywhere('valid::fixed(context) && valid::face(face) && valid::material(pname)'),
        glTexParameteri: sets('valid::texture_target(target) && valid::texture_parameter(pname, param)'),
        glTexParameterf: sets(
            'valid::texture_target(target) && valid::texture_real(context, pname, param)',
        ),
        glTexEnvi: sets('valid::fixed_unit(context) && valid::environment(target, pname, param)'),
        glTexEnvf: sets(
            'valid::fixed_unit(context) && valid::environment(target, pname, static_cast<GLint>(param))',
        ),
        glClear: sets(
            'draws_plainly(context) && ' +
                '(mask & ~(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT | GL_STENCIL_BUFFER_BIT)) == 0',
        ),
    },
};
