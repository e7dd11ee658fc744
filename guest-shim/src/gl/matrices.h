// The matrices of the fixed function: the stacks of model view, projection and textures as GL would compute
// them, in single precision and in the order of operations that Mesa has. Matrices of colours are the host's
// alone. A context's; one thread.
#pragma once
#include <array>
#include <cstddef>
#include <vector>

#include "gl/types.h"

namespace guest::gl {

using Matrix = std::array<GLfloat, 16>;  // column after column

Matrix identity();
// left = left * right
void multiply(Matrix& left, const Matrix& right);
void translate(Matrix& matrix, GLfloat x, GLfloat y, GLfloat z);
void scale(Matrix& matrix, GLfloat x, GLfloat y, GLfloat z);
void rotate(Matrix& matrix, GLfloat angle, GLfloat x, GLfloat y, GLfloat z);
void frustum(Matrix& matrix, GLfloat left, GLfloat right, GLfloat bottom, GLfloat top, GLfloat near,
             GLfloat far);
void ortho(Matrix& matrix, GLfloat left, GLfloat right, GLfloat bottom, GLfloat top, GLfloat near,
           GLfloat far);

class MatrixStack {
  public:
    struct Entry {
        Matrix matrix = identity();
        bool is_known = true;
    };

    // The most that GL takes; 0: not known, it is not followed then.
    std::size_t at_most = 0;

    Entry& top() { return entries_.back(); }
    std::size_t depth() const { return entries_.size(); }
    bool push() {
        if (entries_.size() >= at_most) return false;
        entries_.push_back(entries_.back());
        return true;
    }
    bool pop() {
        if (entries_.size() < 2) return false;
        entries_.pop_back();
        return true;
    }
    void forget() {
        for (Entry& entry : entries_) entry.is_known = false;
    }

  private:
    std::vector<Entry> entries_{1};
};

}  // namespace guest::gl
