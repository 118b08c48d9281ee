// A plugin `Twice` that hands its input on, as a shared library that TensorRT can load: only what a
// build needs. The interfaces are laid out as TensorRT 10's, whose headers no wheel brings.
#include <cstddef>
#include <cstdint>

namespace trt {
struct Info { char const* kind; int32_t major, minor; };
struct Dims { int32_t rank; int64_t d[8]; };
struct Exprs { int32_t rank; void const* d[8]; };
struct Desc { Dims dims; int32_t type, format; float scale; };
struct Dynamic { Desc desc; Dims min, max, opt; };
struct Fields { int32_t count; void const* fields; };

struct Versioned {
    virtual int32_t language() const noexcept { return 0; }
    virtual Info info() const noexcept = 0;
    virtual ~Versioned() noexcept = default;
};
struct Plugin : Versioned {
    virtual Versioned* capability(int32_t kind) noexcept = 0;
    virtual Plugin* clone() noexcept = 0;
};
}  // namespace trt
using namespace trt;

static Fields const NO_FIELDS{0, nullptr};

struct Core : Versioned {
    Info info() const noexcept override { return {"PLUGIN_V3ONE_CORE", 1, 0}; }
    virtual char const* name() const noexcept { return "Twice"; }
    virtual char const* version() const noexcept { return "1"; }
    virtual char const* space() const noexcept { return ""; }
};
struct Build : Versioned {
    Info info() const noexcept override { return {"PLUGIN_V3ONE_BUILD", 1, 0}; }
    virtual int32_t configure(Dynamic const*, int32_t, Dynamic const*, int32_t) noexcept { return 0; }
    virtual int32_t types(int32_t* out, int32_t, int32_t const* in, int32_t) const noexcept { out[0] = in[0]; return 0; }
    virtual int32_t shapes(Exprs const* in, int32_t, Exprs const*, int32_t, Exprs* out, int32_t, void*) noexcept { out[0] = in[0]; return 0; }
    virtual bool takes(int32_t at, Dynamic const* all, int32_t, int32_t) noexcept { return all[at].desc.type == 0 && all[at].desc.format == 0; }
    virtual int32_t outputs() const noexcept { return 1; }
    virtual size_t workspace(Dynamic const*, int32_t, Dynamic const*, int32_t) const noexcept { return 0; }
    virtual int32_t tactics(int32_t*, int32_t) noexcept { return 0; }
    virtual int32_t tactic_count() noexcept { return 0; }
    virtual char const* timing() noexcept { return nullptr; }
    virtual int32_t limit() noexcept { return 100; }
    virtual char const* metadata() noexcept { return nullptr; }
};
struct Run : Versioned {
    Info info() const noexcept override { return {"PLUGIN_V3ONE_RUNTIME", 1, 0}; }
    virtual int32_t tactic(int32_t) noexcept { return 0; }
    virtual int32_t reshape(Desc const*, int32_t, Desc const*, int32_t) noexcept { return 0; }
    virtual int32_t enqueue(Desc const*, Desc const*, void const* const*, void* const*, void*, void*) noexcept { return 0; }
    virtual Plugin* attach(void*) noexcept;
    virtual Fields const* fields() noexcept { return &NO_FIELDS; }
};
struct Twice : Plugin {
    Core core; Build build; Run run;
    Info info() const noexcept override { return {"PLUGIN", 1, 0}; }
    Versioned* capability(int32_t kind) noexcept override {
        if (kind == 0) return &core;
        if (kind == 1) return &build;
        return &run;
    }
    Plugin* clone() noexcept override { return new Twice; }
};
Plugin* Run::attach(void*) noexcept { return new Twice; }

struct Creator : Versioned {
    Info info() const noexcept override { return {"PLUGIN CREATOR_V3ONE", 1, 0}; }
    virtual Plugin* create(char const*, Fields const*, int32_t) noexcept { return new Twice; }
    virtual Fields const* fields() noexcept { return &NO_FIELDS; }
    virtual char const* name() const noexcept { return "Twice"; }
    virtual char const* version() const noexcept { return "1"; }
    virtual char const* space() const noexcept { return ""; }
};
static Creator creator;
static Versioned* const ALL[] = {&creator};
extern "C" Versioned* const* getCreators(int32_t& count) { count = 1; return ALL; }
extern "C" void setLoggerFinder(void*) {}
