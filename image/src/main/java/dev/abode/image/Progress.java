package dev.abode.image;

/** What a pull, push or load reports while it works. Called from several threads at once. */
@FunctionalInterface
public interface Progress {
  /**
   * @param subject what moves: a short layer id, a tag, or "" for the whole
   * @param status in Docker's words: {@code Pulling fs layer}, {@code Downloading}, {@code
   *     Extracting}, {@code Pull complete}, {@code Already exists}, {@code Pushed}…
   * @param currentBytes done so far, 0 when it does not count bytes
   * @param totalBytes of all, 0 when unknown
   */
  void report(String subject, String status, long currentBytes, long totalBytes);

  /** Reports nowhere. */
  Progress NONE = (subject, status, currentBytes, totalBytes) -> {};
}
