package dev.abode.engine.explanation;

/**
 * One thing that is so behind the walls.
 *
 * @param what is spoken of, unique in its chapter, for example {@code pid} or {@code /proc}
 * @param is how it is, in words that two instances with the same walls share
 * @param detail what is particular to one instance or one run, such as an inode number; may be
 *     empty
 * @param why in plain words, what it is good for; may be empty
 * @param origin who says so
 */
public record Fact(String what, String is, String detail, String why, Origin origin) {

  /** Who says so. */
  public enum Origin {
    /** The launch plan: what was, or would be, asked of the kernel. */
    PLAN,
    /** The kernel, of the running process. */
    KERNEL
  }

  /** A fact of the plan. */
  public static Fact planned(String what, String is, String detail, String why) {
    return new Fact(what, is, detail, why, Origin.PLAN);
  }

  /** The same thing as the kernel shows it. */
  public Fact seen(String nowIs, String nowDetail) {
    return new Fact(what, nowIs, nowDetail, why, Origin.KERNEL);
  }
}
