package dev.abode.init;

/** The resources of {@code setrlimit(2)}, numbered as in asm-generic/resource.h. */
public enum ResourceLimit {
  CPU,
  FSIZE,
  DATA,
  STACK,
  CORE,
  RSS,
  NPROC,
  NOFILE,
  MEMLOCK,
  AS,
  LOCKS,
  SIGPENDING,
  MSGQUEUE,
  NICE,
  RTPRIO,
  RTTIME;

  /** No limit, {@code RLIM_INFINITY}. */
  public static final long UNLIMITED = -1;
}
