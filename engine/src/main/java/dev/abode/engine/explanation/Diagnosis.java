package dev.abode.engine.explanation;

import java.util.List;

/**
 * Why an instance ended, or did not start.
 *
 * @param subject its name
 * @param verdict one sentence: what happened
 * @param findings what speaks for it, a sentence each
 * @param lastLines of its output, without newlines
 * @param tries what to do, a command or a sentence each
 */
public record Diagnosis(
    String subject,
    String verdict,
    List<String> findings,
    List<String> lastLines,
    List<String> tries) {
  public Diagnosis {
    findings = List.copyOf(findings);
    lastLines = List.copyOf(lastLines);
    tries = List.copyOf(tries);
  }
}
