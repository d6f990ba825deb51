package dev.abode.image.registry;

import dev.abode.image.Progress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Keeps what was reported. */
final class RecordedProgress implements Progress {
  private final List<Report> reports = new CopyOnWriteArrayList<>();

  record Report(String subject, String status, long currentBytes, long totalBytes) {}

  @Override
  public void report(String subject, String status, long currentBytes, long totalBytes) {
    reports.add(new Report(subject, status, currentBytes, totalBytes));
  }

  /** The steps of one subject, each once, in order. */
  List<String> stepsOf(String subject) {
    return reports.stream()
        .filter(report -> report.subject().equals(subject))
        .map(Report::status)
        .distinct()
        .toList();
  }

  List<Report> reports() {
    return List.copyOf(reports);
  }
}
