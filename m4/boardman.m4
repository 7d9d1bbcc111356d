dnl boardman's own macros: flags that are used only where the compiler or the linker has them.

dnl BM_TRY_FLAGS(CFLAGS, LDFLAGS, IF-OK, IF-NOT): does a program link with them, without a word?
AC_DEFUN([BM_TRY_FLAGS], [
  bm_save_CFLAGS=$CFLAGS bm_save_LDFLAGS=$LDFLAGS
  CFLAGS="$CFLAGS -Werror $1" LDFLAGS="$LDFLAGS $2"
  AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])], [bm_try=yes], [bm_try=no])
  CFLAGS=$bm_save_CFLAGS LDFLAGS=$bm_save_LDFLAGS
  AS_VAR_IF([bm_try], [yes], [$3], [$4])
])

dnl BM_CFLAG(VARIABLE, FLAG): appends FLAG if the compiler takes it.
AC_DEFUN([BM_CFLAG], [
  AC_MSG_CHECKING([whether $CC takes $2])
  BM_TRY_FLAGS([$2], [], [AS_VAR_APPEND([$1], [" $2"])])
  AC_MSG_RESULT([$bm_try])
])

dnl BM_LDFLAG(VARIABLE, FLAG): appends FLAG if a program links with it.
AC_DEFUN([BM_LDFLAG], [
  AC_MSG_CHECKING([whether $CC links with $2])
  BM_TRY_FLAGS([-fPIE], [$2], [AS_VAR_APPEND([$1], [" $2"])])
  AC_MSG_RESULT([$bm_try])
])

dnl BM_NEED_FLAG(FLAG): an option that was asked for and can't be had ends configure.
AC_DEFUN([BM_NEED_FLAG], [
  AC_MSG_CHECKING([whether $CC takes $1])
  BM_TRY_FLAGS([$1], [$1], [],
    [AC_MSG_ERROR([$CC does not take $1; cure: leave the option out, or use CC=clang])])
  AC_MSG_RESULT([yes])
])
