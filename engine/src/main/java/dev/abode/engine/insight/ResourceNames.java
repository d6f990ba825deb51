package dev.abode.engine.insight;

import dev.abode.init.ResourceLimit;

/** The names of {@code /proc/PID/limits}. */
final class ResourceNames {
  private ResourceNames() {}

  static String inProc(ResourceLimit resource) {
    return switch (resource) {
      case CPU -> "Max cpu time";
      case FSIZE -> "Max file size";
      case DATA -> "Max data size";
      case STACK -> "Max stack size";
      case CORE -> "Max core file size";
      case RSS -> "Max resident set";
      case NPROC -> "Max processes";
      case NOFILE -> "Max open files";
      case MEMLOCK -> "Max locked memory";
      case AS -> "Max address space";
      case LOCKS -> "Max file locks";
      case SIGPENDING -> "Max pending signals";
      case MSGQUEUE -> "Max msgqueue size";
      case NICE -> "Max nice priority";
      case RTPRIO -> "Max realtime priority";
      case RTTIME -> "Max realtime timeout";
    };
  }
}
