// Results of query objects that the guest knows: GL says them once and never takes them back until the query
// begins anew. Whether one is there is asked without waiting: the answer lands while the program goes on,
// which hears "not yet" until then, as it may of any GL. A context's; one thread.
#pragma once
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "byte_buffer.h"
#include "gl/gl_lane.h"
#include "gl/types.h"

namespace guest::gl {

class Context;

class QueryResults {
  public:
    // A query begins, or counts at once; `index` of the target.
    void begin(GLenum target, GLuint index, GLuint query);
    // The query of that target has ended by the record that is the lane's last.
    void end(GLenum target, GLuint index, std::uint64_t position);
    void count(GLuint query, std::uint64_t position);
    void forget(GLuint query);
    // Before the context ends: nothing lands here any more.
    void finish(GlLane& lane);

    // The result, once GL has said that it is there; null: not known to be, or GL has refused. May wait for
    // the host's answer where the program could tell: after it has waited for the host, and when it does
    // nothing but ask.
    const GLuint64* find(Context& context, GLuint query, bool& is_refused);
    // The result, for which the host is waited for; null: GL has refused the question.
    const GLuint64* wait(Context& context, GLuint query);

  private:
    // A question on its way.
    struct Asked {
        Slot* slot = nullptr;
        ByteBuffer answer;
    };
    struct Query {
        bool is_known = false;
        GLuint64 value = 0;
        std::uint64_t ended = 0;  // the lane's position behind its end; 0: it has not ended
        std::uint64_t asked = 0;  // behind the last question
        std::unique_ptr<Asked> coming;
    };

    void drop(Query& query);
    void reap(GlLane& lane);
    bool ask(Context& context, GLuint name, Query& query);
    void take(Context& context, Query& query);

    std::unordered_map<GLuint, Query> queries_;
    std::unordered_map<std::uint64_t, GLuint> active_;  // by target and index
    std::vector<std::unique_ptr<Asked>> orphans_;       // answers nobody wants any more
};

}  // namespace guest::gl
