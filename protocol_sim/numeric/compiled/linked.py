"""Rules compiled once: into LLVM text that is linked into whoever calls it, not into machine code of their own.

numba optimises and emits every function that another one calls as if somebody might call it from Python: of the time to
compile a world that was about two thirds, for machine code that nobody runs. A function marked `linked` (every rule is)
stays text, with its calls unresolved; the kernel that Python does call links all texts below it, each one once, and
is optimised as a whole. Uses numba's compiler pipeline as its documentation describes, and one method that is internal
to it (`_get_module_for_linking`); a numba without that method compiles the ordinary way.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import binding
from numba import njit
from numba.core import funcdesc, lowering
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder, _LowerResult
from numba.core.compiler_machinery import LoweringPass, register_pass
from numba.core.typed_passes import NativeLowering


class LinkedLibrary(JITCodeLibrary):
    """A code library that is only ever linked into others."""

    _whole: Any = None

    def add_linking_library(self, library: Any) -> None:
        """Noted; linked by whoever is finalised."""
        self._linking_libraries.append(library)

    def _ensure_finalized(self) -> None:
        return

    def finalize(self) -> None:
        """Nothing to do: no machine code."""

    def _get_module_for_linking(self) -> Any:
        """This function and all below it, each once; callers first, as what nobody calls yet is not linked."""
        if self._whole is None:
            whole = self._final_module.clone()
            seen, waiting = {id(self)}, list(self._linking_libraries)
            while waiting:
                library = waiting.pop(0)
                if id(library) in seen:
                    continue
                seen.add(id(library))
                if isinstance(library, LinkedLibrary):
                    whole.link_in(_shareable(library._final_module), preserve=True)
                    waiting += library._linking_libraries
                else:
                    whole.link_in(library._get_module_for_linking(), preserve=True)
            self._whole = _shareable(whole)
        return self._whole


def _shareable(module: Any) -> Any:
    """A copy that may be linked more than once: its functions may stand twice."""
    module = module.clone()
    for fn in module.functions:
        if not fn.is_declaration and fn.linkage == binding.Linkage.external:
            fn.linkage = "linkonce_odr"
    return module


@register_pass(mutates_CFG=True, analysis_only=False)
class LinkedLowering(LoweringPass):
    """numba's lowering without what makes a function callable from Python."""

    _name = "linked_lowering"

    def __init__(self) -> None:
        LoweringPass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        """Lower to LLVM; register the text under a name of its own."""
        state.library = library = LinkedLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
        library.enable_object_caching()
        descriptor = funcdesc.PythonFunctionDescriptor.from_specialized_function(
            state.func_ir, state.typemap, state.return_type, state.calltypes, mangler=state.targetctx.mangler,
            inline=state.flags.forceinline, noalias=state.flags.noalias, abi_tags=[state.flags.get_mangle_string()],
        )
        with state.targetctx.push_code_library(library):
            lower = lowering.Lower(state.targetctx, library, descriptor, state.func_ir, metadata=state.metadata)
            lower.lower()
        entry = _entry(state.func_id.func_qualname)
        state.targetctx.insert_user_function(entry, descriptor, [library])
        state["cr"] = _LowerResult(descriptor, lower.call_helper, cfunc=entry, env=lower.env)
        state.metadata["prune_stats"] = None
        state.metadata["llvm_pass_timings"] = library.recorded_timings
        return True


def _entry(name: str) -> Callable[..., Any]:
    """Stands for a function that has no machine code: a new built-in method, as numba wants one; calling it raises."""
    return f"{{{name}: linked into kernels, not to be called}}".format_map


class LinkedCompiler(CompilerBase):
    """The nopython pipeline, ending in `LinkedLowering`."""

    def define_pipelines(self) -> list[Any]:
        """One pipeline."""
        pipeline = DefaultPassBuilder.define_nopython_pipeline(self.state)
        pipeline.passes = [(LinkedLowering if step is NativeLowering else step, why) for step, why in pipeline.passes]
        pipeline.finalize()
        return [pipeline]


LINKED: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
if hasattr(JITCodeLibrary, "_get_module_for_linking"):
    LINKED["pipeline_class"] = LinkedCompiler
INLINED = LINKED | {"forceinline": True}


def linked(fn: Callable[..., Any]) -> Any:
    """Compile `fn` for other compiled functions only."""
    return njit(**LINKED)(fn)


def inlined(fn: Callable[..., Any]) -> Any:
    """The same, put into every caller: where a call's operands in memory would cost as much as the work."""
    return njit(**INLINED)(fn)
