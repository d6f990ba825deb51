/* Settings of the sanitizer build: the shim's environment is empty. */
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

/* Leaks cannot be looked for without ptrace(2), and there is no heap. */
const char *__asan_default_options(void) { return "detect_leaks=0:abort_on_error=1"; }
const char *__ubsan_default_options(void) { return "halt_on_error=1:abort_on_error=1"; }
