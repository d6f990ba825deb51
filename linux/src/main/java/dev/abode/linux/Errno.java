package dev.abode.linux;

import java.util.Map;

/**
 * The error numbers of {@code errno(3)} on x86-64 and arm64 (the generic table of {@code
 * asm-generic/errno.h}), with the words of {@code strerror(3)}.
 */
public final class Errno {
  public static final int EPERM = 1;
  public static final int ENOENT = 2;
  public static final int ESRCH = 3;
  public static final int EINTR = 4;
  public static final int EIO = 5;
  public static final int E2BIG = 7;
  public static final int ENOEXEC = 8;
  public static final int EBADF = 9;
  public static final int ECHILD = 10;
  public static final int EAGAIN = 11;
  public static final int ENOMEM = 12;
  public static final int EACCES = 13;
  public static final int EBUSY = 16;
  public static final int EEXIST = 17;
  public static final int EXDEV = 18;
  public static final int ENODEV = 19;
  public static final int ENOTDIR = 20;
  public static final int EISDIR = 21;
  public static final int EINVAL = 22;
  public static final int EMFILE = 24;
  public static final int ENOSPC = 28;
  public static final int EROFS = 30;
  public static final int EPIPE = 32;
  public static final int ERANGE = 34;
  public static final int ENAMETOOLONG = 36;
  public static final int ENOSYS = 38;
  public static final int ENOTEMPTY = 39;
  public static final int ELOOP = 40;
  public static final int ENODATA = 61;
  public static final int EBADMSG = 74;
  public static final int EOVERFLOW = 75;
  public static final int EOPNOTSUPP = 95;

  public static final int EXFULL = 54;
  public static final int EPROTONOSUPPORT = 93;
  public static final int EADDRINUSE = 98;
  public static final int EADDRNOTAVAIL = 99;
  public static final int ECANCELED = 125;

  private static final Map<Integer, String> WORDS =
      Map.ofEntries(
          Map.entry(EPERM, "EPERM: operation not permitted"),
          Map.entry(ENOENT, "ENOENT: no such file or directory"),
          Map.entry(ESRCH, "ESRCH: no such process"),
          Map.entry(EINTR, "EINTR: interrupted system call"),
          Map.entry(EIO, "EIO: input/output error"),
          Map.entry(E2BIG, "E2BIG: argument list too long"),
          Map.entry(ENOEXEC, "ENOEXEC: exec format error"),
          Map.entry(EBADF, "EBADF: bad file descriptor"),
          Map.entry(ECHILD, "ECHILD: no child processes"),
          Map.entry(EAGAIN, "EAGAIN: resource temporarily unavailable"),
          Map.entry(ENOMEM, "ENOMEM: cannot allocate memory"),
          Map.entry(EACCES, "EACCES: permission denied"),
          Map.entry(EBUSY, "EBUSY: device or resource busy"),
          Map.entry(EEXIST, "EEXIST: file exists"),
          Map.entry(EXDEV, "EXDEV: invalid cross-device link"),
          Map.entry(ENODEV, "ENODEV: no such device"),
          Map.entry(ENOTDIR, "ENOTDIR: not a directory"),
          Map.entry(EISDIR, "EISDIR: is a directory"),
          Map.entry(EINVAL, "EINVAL: invalid argument"),
          Map.entry(EMFILE, "EMFILE: too many open files"),
          Map.entry(ENOSPC, "ENOSPC: no space left on device"),
          Map.entry(EROFS, "EROFS: read-only file system"),
          Map.entry(EPIPE, "EPIPE: broken pipe"),
          Map.entry(ERANGE, "ERANGE: result too large for its buffer"),
          Map.entry(ENAMETOOLONG, "ENAMETOOLONG: file name too long"),
          Map.entry(ENOSYS, "ENOSYS: function not implemented by this kernel"),
          Map.entry(ENOTEMPTY, "ENOTEMPTY: directory not empty"),
          Map.entry(ELOOP, "ELOOP: too many symbolic links, or one where none is allowed"),
          Map.entry(ENODATA, "ENODATA: no data available"),
          Map.entry(EBADMSG, "EBADMSG: bad message"),
          Map.entry(EOVERFLOW, "EOVERFLOW: value too large"),
          Map.entry(EOPNOTSUPP, "EOPNOTSUPP: operation not supported"),
          Map.entry(EXFULL, "EXFULL: no room for another one"),
          Map.entry(EADDRINUSE, "EADDRINUSE: address already in use"),
          Map.entry(EPROTONOSUPPORT, "EPROTONOSUPPORT: protocol not supported"),
          Map.entry(EADDRNOTAVAIL, "EADDRNOTAVAIL: cannot assign requested address"),
          Map.entry(ECANCELED, "ECANCELED: operation canceled"));

  private Errno() {}

  /** The symbolic name and the words for {@code errno}, for example in an error message. */
  public static String words(int errno) {
    return WORDS.getOrDefault(errno, "errno " + errno);
  }
}
