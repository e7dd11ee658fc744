// See matrices.h.
#include "gl/matrices.h"

#include <cmath>
#include <numbers>

namespace guest::gl {
namespace {

constexpr std::size_t at(std::size_t row, std::size_t column) { return column * 4 + row; }

}  // namespace

Matrix identity() {
    Matrix matrix{};
    for (std::size_t index = 0; index < 4; ++index) matrix[at(index, index)] = 1;
    return matrix;
}

void multiply(Matrix& left, const Matrix& right) {
    for (std::size_t row = 0; row < 4; ++row) {
        const GLfloat a = left[at(row, 0)];
        const GLfloat b = left[at(row, 1)];
        const GLfloat c = left[at(row, 2)];
        const GLfloat d = left[at(row, 3)];
        for (std::size_t column = 0; column < 4; ++column) {
            left[at(row, column)] = a * right[at(0, column)] + b * right[at(1, column)] +
                                    c * right[at(2, column)] + d * right[at(3, column)];
        }
    }
}

void translate(Matrix& matrix, GLfloat x, GLfloat y, GLfloat z) {
    for (std::size_t row = 0; row < 4; ++row) {
        matrix[at(row, 3)] =
            matrix[at(row, 0)] * x + matrix[at(row, 1)] * y + matrix[at(row, 2)] * z + matrix[at(row, 3)];
    }
}

void scale(Matrix& matrix, GLfloat x, GLfloat y, GLfloat z) {
    for (std::size_t row = 0; row < 4; ++row) {
        matrix[at(row, 0)] *= x;
        matrix[at(row, 1)] *= y;
        matrix[at(row, 2)] *= z;
    }
}

void rotate(Matrix& matrix, GLfloat angle, GLfloat x, GLfloat y, GLfloat z) {
    if (angle == 0) return;
    const auto radians = static_cast<GLfloat>(angle * std::numbers::pi / 180.0);
    const GLfloat s = std::sin(radians);
    const GLfloat c = std::cos(radians);
    Matrix turn = identity();
    // About an axis of the coordinates the sines stand alone.
    if (x == 0 && y == 0 && z != 0) {
        turn[at(0, 0)] = turn[at(1, 1)] = c;
        turn[at(0, 1)] = z < 0 ? s : -s;
        turn[at(1, 0)] = z < 0 ? -s : s;
    } else if (x == 0 && y != 0 && z == 0) {
        turn[at(0, 0)] = turn[at(2, 2)] = c;
        turn[at(0, 2)] = y < 0 ? -s : s;
        turn[at(2, 0)] = y < 0 ? s : -s;
    } else if (x != 0 && y == 0 && z == 0) {
        turn[at(1, 1)] = turn[at(2, 2)] = c;
        turn[at(1, 2)] = x < 0 ? s : -s;
        turn[at(2, 1)] = x < 0 ? -s : s;
    } else {
        const GLfloat length = std::sqrt(x * x + y * y + z * z);
        if (length <= 1.0e-4F) return;
        x /= length;
        y /= length;
        z /= length;
        const GLfloat rest = 1 - c;
        turn[at(0, 0)] = rest * (x * x) + c;
        turn[at(0, 1)] = rest * (x * y) - z * s;
        turn[at(0, 2)] = rest * (z * x) + y * s;
        turn[at(1, 0)] = rest * (x * y) + z * s;
        turn[at(1, 1)] = rest * (y * y) + c;
        turn[at(1, 2)] = rest * (y * z) - x * s;
        turn[at(2, 0)] = rest * (z * x) - y * s;
        turn[at(2, 1)] = rest * (y * z) + x * s;
        turn[at(2, 2)] = rest * (z * z) + c;
    }
    multiply(matrix, turn);
}

void frustum(Matrix& matrix, GLfloat left, GLfloat right, GLfloat bottom, GLfloat top, GLfloat near,
             GLfloat far) {
    Matrix view{};
    view[at(0, 0)] = (2 * near) / (right - left);
    view[at(0, 2)] = (right + left) / (right - left);
    view[at(1, 1)] = (2 * near) / (top - bottom);
    view[at(1, 2)] = (top + bottom) / (top - bottom);
    view[at(2, 2)] = -(far + near) / (far - near);
    view[at(2, 3)] = -(2 * far * near) / (far - near);
    view[at(3, 2)] = -1;
    multiply(matrix, view);
}

void ortho(Matrix& matrix, GLfloat left, GLfloat right, GLfloat bottom, GLfloat top, GLfloat near,
           GLfloat far) {
    Matrix view{};
    view[at(0, 0)] = 2 / (right - left);
    view[at(0, 3)] = -(right + left) / (right - left);
    view[at(1, 1)] = 2 / (top - bottom);
    view[at(1, 3)] = -(top + bottom) / (top - bottom);
    view[at(2, 2)] = -2 / (far - near);
    view[at(2, 3)] = -(far + near) / (far - near);
    view[at(3, 3)] = 1;
    multiply(matrix, view);
}

}  // namespace guest::gl
