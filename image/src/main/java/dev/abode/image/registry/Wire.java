package dev.abode.image.registry;

import dev.abode.image.ImageException;
import io.avaje.jsonb.Json;
import io.avaje.jsonb.JsonType;
import io.avaje.jsonb.Jsonb;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The JSON documents a registry and its surroundings speak, as they are on the wire: what is absent
 * or {@code null} is empty, nothing is judged.
 */
final class Wire {
  /** No honest document comes near; a parser's stack holds far more. */
  private static final int DEEPEST = 64;

  private static final Jsonb JSON = Jsonb.builder().build();

  private Wire() {}

  /** A manifest or an index, OCI image-spec and Docker's schema 2; of schema 1 only its marks. */
  @Json
  record Manifest(
      int schemaVersion,
      String mediaType,
      Content config,
      List<Content> layers,
      List<Content> manifests,
      List<Object> fsLayers) {
    Manifest {
      mediaType = orEmpty(mediaType);
      config = config == null ? Content.NONE : config;
      layers = orEmpty(layers);
      manifests = orEmpty(manifests);
      fsLayers = orEmpty(fsLayers);
    }
  }

  /** A descriptor; {@code size} is -1 if absent. */
  @Json
  record Content(
      String mediaType,
      String digest,
      Long size,
      Target platform,
      Map<String, String> annotations,
      List<String> urls) {
    static final Content NONE = new Content("", "", -1L, Target.NONE, Map.of(), List.of());

    Content {
      mediaType = orEmpty(mediaType);
      digest = orEmpty(digest);
      size = size == null ? Long.valueOf(-1) : size;
      platform = platform == null ? Target.NONE : platform;
      annotations = orEmpty(annotations);
      urls = orEmpty(urls);
    }

    boolean absent() {
      return this.equals(NONE);
    }
  }

  /** A platform, in an index and as the beginning of an image configuration. */
  @Json
  record Target(String os, String architecture, String variant) {
    static final Target NONE = new Target("", "", "");

    Target {
      os = orEmpty(os);
      architecture = orEmpty(architecture);
      variant = orEmpty(variant);
    }
  }

  /** What a token server answers, distribution's "Token Authentication Specification". */
  @Json(naming = Json.Naming.LowerUnderscore)
  record Token(String token, String accessToken, String refreshToken, long expiresIn) {
    Token {
      token = orEmpty(token);
      accessToken = orEmpty(accessToken);
      refreshToken = orEmpty(refreshToken);
    }

    @Override
    public String toString() {
      return "a token";
    }
  }

  /** Why a registry refuses, distribution-spec "Error Codes". */
  @Json
  record Errors(List<Reason> errors) {
    Errors {
      errors = orEmpty(errors);
    }
  }

  /** One reason. */
  @Json
  record Reason(String code, String message) {
    Reason {
      code = orEmpty(code);
      message = orEmpty(message);
    }
  }

  /** The part of {@code ~/.docker/config.json} about credentials. */
  @Json
  record DockerConfig(
      Map<String, Login> auths, String credsStore, Map<String, String> credHelpers) {
    DockerConfig {
      auths = orEmpty(auths);
      credsStore = orEmpty(credsStore);
      credHelpers = orEmpty(credHelpers);
    }
  }

  /** One login in that file. */
  @Json
  record Login(String auth, String username, String password, String identitytoken) {
    Login {
      auth = orEmpty(auth);
      username = orEmpty(username);
      password = orEmpty(password);
      identitytoken = orEmpty(identitytoken);
    }

    @Override
    public String toString() {
      return "a login";
    }
  }

  /** What a credential helper answers. */
  @Json
  record HelperAnswer(
      @Json.Property("Username") String username, @Json.Property("Secret") String secret) {
    HelperAnswer {
      username = orEmpty(username);
      secret = orEmpty(secret);
    }

    @Override
    public String toString() {
      return "a helper's answer";
    }
  }

  /**
   * Reads a document.
   *
   * @param what it is, for the message
   * @throws ImageException of kind INVALID_ARGUMENT if it is not one
   */
  static <T> T read(Class<T> type, byte[] document, String what) {
    boundDepth(document, what);
    JsonType<T> reader = JSON.type(type);
    T value;
    try {
      value = reader.fromJson(document);
    } catch (RuntimeException e) {
      throw new ImageException(
          ImageException.Kind.INVALID_ARGUMENT,
          what + " is not the JSON it should be: " + Reply.words(e),
          e);
    }
    if (value == null) {
      throw new ImageException(ImageException.Kind.INVALID_ARGUMENT, what + " is JSON's null");
    }
    return value;
  }

  private static void boundDepth(byte[] document, String what) {
    int depth = 0;
    boolean quoted = false;
    for (int i = 0; i < document.length; i++) {
      switch (document[i]) {
        case '"' -> quoted = !quoted;
        case '\\' -> i += quoted ? 1 : 0;
        case '{', '[' -> depth += quoted ? 0 : 1;
        case '}', ']' -> depth -= quoted ? 0 : 1;
        default -> {}
      }
      if (depth > DEEPEST) {
        throw new ImageException(
            ImageException.Kind.EXHAUSTED,
            what + " nests deeper than " + DEEPEST + " levels, which no honest document does");
      }
    }
  }

  private static String orEmpty(String text) {
    return text == null ? "" : text;
  }

  /** A {@code null} among the elements is a broken document. */
  private static <T> List<T> orEmpty(List<T> list) {
    return list == null ? List.of() : List.copyOf(list);
  }

  /** Without the entries whose value is {@code null}, which some writers leave. */
  private static <T> Map<String, T> orEmpty(Map<String, T> map) {
    if (map == null) {
      return Map.of();
    }
    return map.entrySet().stream()
        .filter(entry -> entry.getValue() != null)
        .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
  }
}
