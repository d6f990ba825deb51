package dev.abode.engine.qmp;

import java.io.IOException;

/** A hypervisor refused a command, broke the protocol, or did not answer in time. */
public final class QmpException extends IOException {
  private static final long serialVersionUID = 1;

  public QmpException(String message) {
    super(message);
  }

  public QmpException(String message, Throwable cause) {
    super(message, cause);
  }
}
