package dev.abode.image;

/**
 * How to introduce oneself to a registry. Never logged: {@code toString} hides the secret.
 *
 * @param username empty for anonymous, or when {@code identityToken} is set
 * @param identityToken an OAuth2 refresh token, empty if none
 */
public record Credentials(String username, String password, String identityToken) {
  public static final Credentials ANONYMOUS = new Credentials("", "", "");

  @Override
  public String toString() {
    if (this.equals(ANONYMOUS)) {
      return "anonymous";
    }
    return username.isEmpty() ? "an identity token" : "credentials of " + username;
  }
}
