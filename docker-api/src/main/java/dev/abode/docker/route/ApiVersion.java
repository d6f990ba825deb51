package dev.abode.docker.route;

import dev.abode.docker.failure.ApiException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A version of Docker's Engine API, such as 1.44. */
public record ApiVersion(int major, int minor) implements Comparable<ApiVersion> {
  /** The oldest one that is answered: clients that negotiate nothing speak it. */
  public static final ApiVersion OLDEST = new ApiVersion(1, 24);

  /** The newest one whose documents these are. */
  public static final ApiVersion NEWEST = new ApiVersion(1, 50);

  private static final Pattern FORM = Pattern.compile("(\\d{1,3})\\.(\\d{1,3})");

  /**
   * Parses {@code 1.44} and checks that it is one that is spoken here.
   *
   * @throws ApiException with status 400 and Docker's words if it is not
   */
  static ApiVersion parse(String text) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      throw ApiException.invalid("\"" + text + "\" is not an API version");
    }
    ApiVersion version =
        new ApiVersion(Integer.parseInt(form.group(1)), Integer.parseInt(form.group(2)));
    if (version.compareTo(NEWEST) > 0) {
      throw ApiException.invalid(
          "client version " + text + " is too new. Maximum supported API version is " + NEWEST);
    }
    if (version.compareTo(OLDEST) < 0) {
      throw ApiException.invalid(
          "client version "
              + text
              + " is too old. Minimum supported API version is "
              + OLDEST
              + ", please upgrade your client to a newer version");
    }
    return version;
  }

  /** Whether this is {@code 1.minor} or newer. */
  public boolean atLeast(int minor) {
    return compareTo(new ApiVersion(1, minor)) >= 0;
  }

  @Override
  public int compareTo(ApiVersion other) {
    return major != other.major
        ? Integer.compare(major, other.major)
        : Integer.compare(minor, other.minor);
  }

  @Override
  public String toString() {
    return major + "." + minor;
  }
}
