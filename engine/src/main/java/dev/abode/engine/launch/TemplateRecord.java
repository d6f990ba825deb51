package dev.abode.engine.launch;

import java.time.Instant;

/** What is known of a template, {@code template.json}. */
record TemplateRecord(
    int format,
    String kernel,
    String hypervisor,
    long memoryBytes,
    int cpus,
    int layers,
    Instant created) {
  static final int FORMAT = 1;
  static final TemplateRecord TEMPLATE = new TemplateRecord(FORMAT, "", "", 0, 0, 0, Instant.EPOCH);
}
