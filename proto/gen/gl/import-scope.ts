// What of the Khronos registries Ferry takes: versions, extensions, and names that mean the same call
// although the registry does not say so. Used by the importer only.

/** Every version of these is taken. OpenGL ES 1 is not. */
export const features = /^GL_VERSION_\d|^GL_ES_VERSION_[23]|^GLX_VERSION/;

/** Extensions whose calls are no aliases of a call that is taken, and that programs use. */
export const glExtensions: readonly string[] = [
    'GL_ARB_compute_variable_group_size',
    'GL_ARB_parallel_shader_compile',
    'GL_ARB_shader_objects',
    'GL_ATI_separate_stencil',
    'GL_EXT_compiled_vertex_array',
    'GL_EXT_depth_bounds_test',
    'GL_EXT_discard_framebuffer',
    'GL_EXT_stencil_two_side',
    'GL_EXT_texture_integer',
    'GL_EXT_transform_feedback',
    'GL_OES_EGL_image',
];

export const glxExtensions: readonly string[] = [
    'GLX_ARB_create_context',
    'GLX_ARB_get_proc_address',
    'GLX_EXT_import_context',
    'GLX_EXT_swap_control',
    'GLX_EXT_texture_from_pixmap',
    'GLX_MESA_agp_offset',
    'GLX_MESA_copy_sub_buffer',
    'GLX_MESA_pixmap_colormap',
    'GLX_MESA_query_renderer',
    'GLX_MESA_release_buffers',
    'GLX_MESA_swap_control',
    'GLX_OML_sync_control',
    'GLX_SGIX_fbconfig',
    'GLX_SGIX_pbuffer',
    'GLX_SGI_make_current_read',
    'GLX_SGI_swap_control',
    'GLX_SGI_video_sync',
];

export const eglExtensions: readonly string[] = [
    'EGL_ANGLE_sync_control_rate',
    'EGL_CHROMIUM_sync_control',
    'EGL_EXT_device_base',
    'EGL_EXT_device_enumeration',
    'EGL_EXT_device_query',
    'EGL_EXT_image_dma_buf_import_modifiers',
    'EGL_EXT_platform_base',
    'EGL_EXT_swap_buffers_with_damage',
    'EGL_KHR_cl_event2',
    'EGL_KHR_debug',
    'EGL_KHR_fence_sync',
    'EGL_KHR_image',
    'EGL_KHR_image_base',
    'EGL_KHR_lock_surface',
    'EGL_KHR_partial_update',
    'EGL_KHR_reusable_sync',
    'EGL_KHR_swap_buffers_with_damage',
    'EGL_KHR_wait_sync',
    'EGL_MESA_drm_image',
    'EGL_MESA_image_dma_buf_export',
    'EGL_MESA_query_driver',
    'EGL_NV_post_sub_buffer',
];

/**
 * Same prototype, and same effect wherever the registry's own alias has an effect: it lists none of these as
 * aliases, mostly because the older call also takes names that were never generated, which ours always does.
 */
export const furtherAliases: Readonly<Record<string, string>> = {
    glBindFramebufferEXT: 'glBindFramebuffer',
    glBindRenderbufferEXT: 'glBindRenderbuffer',
    glBindVertexArrayAPPLE: 'glBindVertexArray',
    glGetGraphicsResetStatusARB: 'glGetGraphicsResetStatus',
    glGetnTexImageARB: 'glGetnTexImage',
    glGetnCompressedTexImageARB: 'glGetnCompressedTexImage',
    glGetnUniformfvARB: 'glGetnUniformfv',
    glGetnUniformivARB: 'glGetnUniformiv',
    glGetnUniformuivARB: 'glGetnUniformuiv',
    glGetnUniformdvARB: 'glGetnUniformdv',
    glGetnMapdvARB: 'glGetnMapdv',
    glGetnMapfvARB: 'glGetnMapfv',
    glGetnMapivARB: 'glGetnMapiv',
    glGetnPixelMapfvARB: 'glGetnPixelMapfv',
    glGetnPixelMapuivARB: 'glGetnPixelMapuiv',
    glGetnPixelMapusvARB: 'glGetnPixelMapusv',
    glGetnPolygonStippleARB: 'glGetnPolygonStipple',
    glGenQueriesEXT: 'glGenQueries',
    glDeleteQueriesEXT: 'glDeleteQueries',
    glIsQueryEXT: 'glIsQuery',
    glBeginQueryEXT: 'glBeginQuery',
    glEndQueryEXT: 'glEndQuery',
    glGetQueryivEXT: 'glGetQueryiv',
    glGetQueryObjectuivEXT: 'glGetQueryObjectuiv',
    glDrawBuffersNV: 'glDrawBuffers',
    glReadBufferNV: 'glReadBuffer',
    glTextureBarrierNV: 'glTextureBarrier',
    glAreTexturesResidentEXT: 'glAreTexturesResident',
    glDeleteTexturesEXT: 'glDeleteTextures',
    glGenTexturesEXT: 'glGenTextures',
    glIsTextureEXT: 'glIsTexture',
    glActiveShaderProgramEXT: 'glActiveShaderProgram',
    glBindProgramPipelineEXT: 'glBindProgramPipeline',
    glCreateShaderProgramvEXT: 'glCreateShaderProgramv',
    glDeleteProgramPipelinesEXT: 'glDeleteProgramPipelines',
    glGenProgramPipelinesEXT: 'glGenProgramPipelines',
    glGetProgramPipelineInfoLogEXT: 'glGetProgramPipelineInfoLog',
    glGetProgramPipelineivEXT: 'glGetProgramPipelineiv',
    glIsProgramPipelineEXT: 'glIsProgramPipeline',
    glUseProgramStagesEXT: 'glUseProgramStages',
    glValidateProgramPipelineEXT: 'glValidateProgramPipeline',
    glMaxShaderCompilerThreadsKHR: 'glMaxShaderCompilerThreadsARB',
};
