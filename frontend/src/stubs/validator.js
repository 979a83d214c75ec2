// @rjsf/core names this package in a helper for tests only; it compiles schemas by eval, which our pages forbid.
export default {};
