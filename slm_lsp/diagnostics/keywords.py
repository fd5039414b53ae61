"""The reserved words of the languages in which missing words are proposed."""

import keyword

C_LIKE = "break case continue default do else for if return switch while"
JAVASCRIPT = (
    f"{C_LIKE} async await catch class const debugger delete export extends false finally from"
    " function get import in instanceof let new null of set static super this throw true try typeof"
    " undefined var void with yield"
)
TYPESCRIPT = (
    f"{JAVASCRIPT} abstract any as asserts boolean declare enum implements infer interface is keyof"
    " namespace never number object override private protected public readonly satisfies string"
    " symbol type unique unknown"
)
KEYWORDS: dict[str, frozenset[str]] = {
    "python": frozenset(keyword.kwlist),
    "go": frozenset(
        f"{C_LIKE} chan const defer fallthrough func go goto import interface map nil package range"
        " select struct true false type var".split()
    ),
    "rust": frozenset(
        "as async await break const continue crate dyn else enum extern false fn for if impl in let"
        " loop match mod move mut pub ref return self Self static struct super trait true type"
        " unsafe use where while".split()
    ),
    "java": frozenset(
        f"{C_LIKE} abstract assert boolean byte catch char class double enum extends false final"
        " finally float implements import instanceof int interface long native new null package"
        " private protected public record short static super synchronized this throw throws"
        " transient true try var void volatile yield".split()
    ),
    "javascript": frozenset(JAVASCRIPT.split()),
    "typescript": frozenset(TYPESCRIPT.split()),
    "tsx": frozenset(TYPESCRIPT.split()),
    "php": frozenset(
        f"{C_LIKE} abstract and array as catch class clone const declare echo elseif empty enum"
        " extends false final finally fn foreach function global implements instanceof interface"
        " isset list match namespace new null or private protected public readonly require"
        " require_once self static throw trait true try unset use yield".split()
    ),
    "csharp": frozenset(
        f"{C_LIKE} abstract as async await base bool catch class const decimal double enum false"
        " finally float foreach get in int interface internal is namespace new null object out"
        " override private protected public readonly ref sealed set static string struct this throw"
        " true try using var virtual void where".split()
    ),
    "kotlin": frozenset(
        "abstract as break by catch class companion continue data do else enum false finally for"
        " fun if import in interface internal is null object open override package private"
        " protected public return sealed super suspend this throw true try typealias val var when"
        " while".split()
    ),
    "swift": frozenset(
        f"{C_LIKE} as associatedtype catch class defer deinit enum extension fallthrough false"
        " fileprivate func guard import in init inout internal is let nil open override private"
        " protocol public repeat self Self static struct subscript super throw throws true try"
        " typealias var where".split()
    ),
    "ruby": frozenset(
        "alias and begin break case class def do else elsif end ensure false for if in module next"
        " nil not or redo rescue retry return self super then true undef unless until when while"
        " yield".split()
    ),
    "lua": frozenset(
        "and break do else elseif end false for function goto if in local nil not or repeat return"
        " then true until while".split()
    ),
    "c": frozenset(
        f"{C_LIKE} auto char const double enum extern float goto int long register short signed"
        " sizeof static struct typedef union unsigned void volatile".split()
    ),
}
KEYWORDS["cpp"] = KEYWORDS["c"] | frozenset(
    "bool catch class constexpr delete explicit false friend inline namespace new noexcept nullptr"
    " operator override private protected public template this throw true try typename using"
    " virtual".split()
)
