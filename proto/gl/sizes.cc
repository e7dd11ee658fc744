// Sizes that tables of enumerants say: elements of parameters, of state, of evaluators, of indices.
#include "gl/sizes.h"

#include "gl/enums.h"

namespace wire::gl::size {
namespace {

std::size_t map_components(GLenum target) {
    switch (target) {
        case GL_MAP1_INDEX:
        case GL_MAP2_INDEX:
        case GL_MAP1_TEXTURE_COORD_1:
        case GL_MAP2_TEXTURE_COORD_1:
            return 1;
        case GL_MAP1_TEXTURE_COORD_2:
        case GL_MAP2_TEXTURE_COORD_2:
            return 2;
        case GL_MAP1_VERTEX_3:
        case GL_MAP2_VERTEX_3:
        case GL_MAP1_NORMAL:
        case GL_MAP2_NORMAL:
        case GL_MAP1_TEXTURE_COORD_3:
        case GL_MAP2_TEXTURE_COORD_3:
            return 3;
        case GL_MAP1_VERTEX_4:
        case GL_MAP2_VERTEX_4:
        case GL_MAP1_COLOR_4:
        case GL_MAP2_COLOR_4:
        case GL_MAP1_TEXTURE_COORD_4:
        case GL_MAP2_TEXTURE_COORD_4:
            return 4;
        default:
            return 0;
    }
}

// Elements from the first one of the first point to the last one of the last; a stride apart.
std::size_t strided(std::size_t components, GLint stride, GLint order) {
    if (order <= 0 || stride < 0) return 0;
    return added(multiplied(bytes(order - 1), bytes(stride)), components);
}

}  // namespace

std::size_t parameters(GLenum pname) {
    switch (pname) {
        case GL_SAMPLE_POSITION:
        case GL_PATCH_DEFAULT_INNER_LEVEL:
            return 2;
        case GL_SPOT_DIRECTION:
        case GL_POINT_DISTANCE_ATTENUATION:
        case GL_COLOR_INDEXES:
        case GL_COMPUTE_WORK_GROUP_SIZE:
            return 3;
        case GL_AMBIENT:
        case GL_DIFFUSE:
        case GL_SPECULAR:
        case GL_EMISSION:
        case GL_AMBIENT_AND_DIFFUSE:
        case GL_POSITION:
        case GL_LIGHT_MODEL_AMBIENT:
        case GL_FOG_COLOR:
        case GL_TEXTURE_ENV_COLOR:
        case GL_OBJECT_PLANE:
        case GL_EYE_PLANE:
        case GL_TEXTURE_BORDER_COLOR:
        case GL_TEXTURE_SWIZZLE_RGBA:
        case GL_TEXTURE_CROP_RECT_OES:
        case GL_CURRENT_VERTEX_ATTRIB:
        case GL_PATCH_DEFAULT_OUTER_LEVEL:
            return 4;
        default:
            return 1;
    }
}

std::size_t state(GLenum pname) {
    switch (pname) {
        case GL_COMPRESSED_TEXTURE_FORMATS:
        case GL_PROGRAM_BINARY_FORMATS:
        case GL_SHADER_BINARY_FORMATS:
            return 0;
        case GL_ALIASED_LINE_WIDTH_RANGE:
        case GL_ALIASED_POINT_SIZE_RANGE:
        case GL_DEPTH_RANGE:
        case GL_LINE_WIDTH_RANGE:
        case GL_MAP1_GRID_DOMAIN:
        case GL_MAP2_GRID_SEGMENTS:
        case GL_MAX_VIEWPORT_DIMS:
        case GL_POINT_SIZE_RANGE:
        case GL_POLYGON_MODE:
        case GL_VIEWPORT_BOUNDS_RANGE:
            return 2;
        case GL_CURRENT_NORMAL:
        case GL_MAX_COMPUTE_WORK_GROUP_COUNT:
        case GL_MAX_COMPUTE_WORK_GROUP_SIZE:
            return 3;
        case GL_ACCUM_CLEAR_VALUE:
        case GL_BLEND_COLOR:
        case GL_COLOR_CLEAR_VALUE:
        case GL_COLOR_WRITEMASK:
        case GL_CURRENT_COLOR:
        case GL_CURRENT_RASTER_COLOR:
        case GL_CURRENT_RASTER_POSITION:
        case GL_CURRENT_RASTER_SECONDARY_COLOR:
        case GL_CURRENT_RASTER_TEXTURE_COORDS:
        case GL_CURRENT_SECONDARY_COLOR:
        case GL_CURRENT_TEXTURE_COORDS:
        case GL_MAP2_GRID_DOMAIN:
        case GL_RGBA_SIGNED_COMPONENTS_EXT:
        case GL_SCISSOR_BOX:
        case GL_VIEWPORT:
            return 4;
        case GL_PRIMITIVE_BOUNDING_BOX:
            return 8;
        case GL_COLOR_MATRIX:
        case GL_MODELVIEW_MATRIX:
        case GL_PROJECTION_MATRIX:
        case GL_TEXTURE_MATRIX:
        case GL_TRANSPOSE_COLOR_MATRIX:
        case GL_TRANSPOSE_MODELVIEW_MATRIX:
        case GL_TRANSPOSE_PROJECTION_MATRIX:
        case GL_TRANSPOSE_TEXTURE_MATRIX:
            return 16;
        // Those that setting and asking have in common.
        default:
            return parameters(pname);
    }
}

std::size_t map1(GLenum target, GLint stride, GLint order) {
    const std::size_t components = map_components(target);
    return components == 0 ? 0 : strided(components, stride, order);
}

std::size_t map2(GLenum target, GLint ustride, GLint uorder, GLint vstride, GLint vorder) {
    const std::size_t components = map_components(target);
    if (components == 0 || uorder <= 0 || ustride < 0) return 0;
    const std::size_t along_v = strided(components, vstride, vorder);
    if (along_v == 0) return 0;
    return added(multiplied(bytes(uorder - 1), bytes(ustride)), along_v);
}

std::size_t index(GLenum type) {
    switch (type) {
        case GL_UNSIGNED_BYTE:
            return 1;
        case GL_UNSIGNED_SHORT:
            return 2;
        case GL_UNSIGNED_INT:
            return 4;
        default:
            return 0;
    }
}

std::size_t list_name(GLenum type) {
    switch (type) {
        case GL_BYTE:
        case GL_UNSIGNED_BYTE:
            return 1;
        case GL_SHORT:
        case GL_UNSIGNED_SHORT:
        case GL_2_BYTES:
            return 2;
        case GL_3_BYTES:
            return 3;
        case GL_INT:
        case GL_UNSIGNED_INT:
        case GL_FLOAT:
        case GL_4_BYTES:
            return 4;
        default:
            return 0;
    }
}

}  // namespace wire::gl::size
