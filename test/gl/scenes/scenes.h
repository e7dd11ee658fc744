// Scenes that look the same wherever the same GL draws them: each draws on the back buffer of a window of
// kSide by kSide pixels, of a compatibility context. Run by main.cc, directly and through Ferry.
#pragma once
#include <GL/gl.h>
#include <GL/glext.h>

#include <cstdint>
#include <vector>

constexpr int kSide = 160;

// A program of these two shaders; ends the process when they are none.
GLuint program_of(const char* vertex, const char* fragment);
// The same, with a varying that transform feedback keeps.
GLuint program_of(const char* vertex, const char* fragment, const char* varying);
// Texels of RGBA8, side by side squares.
std::vector<std::uint32_t> squares(int side, std::uint32_t one, std::uint32_t other);
// A buffer with these values, bound to `target`.
GLuint buffer_of(GLenum target, const std::vector<float>& values);

void lighting();
void lists();
void mipmaps();
void samples();
void instances();
void uniforms();
void feedback();
void stencil();
void read_back();
void points();
