package dev.abode.docker.http;

/** Reason phrases, RFC 9110 §15. */
final class StatusText {
  private StatusText() {}

  static String of(int status) {
    return switch (status) {
      case 100 -> "Continue";
      case 101 -> "UPGRADED"; // Docker's word for Switching Protocols
      case 200 -> "OK";
      case 201 -> "Created";
      case 202 -> "Accepted";
      case 204 -> "No Content";
      case 304 -> "Not Modified";
      case 400 -> "Bad Request";
      case 401 -> "Unauthorized";
      case 403 -> "Forbidden";
      case 404 -> "Not Found";
      case 405 -> "Method Not Allowed";
      case 409 -> "Conflict";
      case 413 -> "Content Too Large";
      case 431 -> "Request Header Fields Too Large";
      case 500 -> "Internal Server Error";
      case 501 -> "Not Implemented";
      case 503 -> "Service Unavailable";
      case 505 -> "HTTP Version Not Supported";
      case 507 -> "Insufficient Storage";
      default -> "Status " + status;
    };
  }
}
