package dev.abode.docker.container;

import dev.abode.docker.failure.ApiException;
import dev.abode.docker.json.JsonObject;
import dev.abode.engine.instance.Security;
import dev.abode.engine.instance.Security.SeccompChoice;
import dev.abode.engine.instance.Sharing;
import dev.abode.engine.instance.Sharing.With;
import java.util.List;
import java.util.Locale;

/** How HostConfig opens or tightens the walls. */
final class SecurityReader {
  private boolean noNewPrivileges;
  private SeccompChoice seccomp = new SeccompChoice.Default();

  private SecurityReader() {}

  static Security security(JsonObject host) {
    SecurityReader reader = new SecurityReader();
    host.texts("SecurityOpt").forEach(reader::option);
    return new Security(
        host.flag("Privileged"),
        capabilities(host, "CapAdd"),
        capabilities(host, "CapDrop"),
        reader.noNewPrivileges,
        reader.seccomp,
        host.optionalTexts("MaskedPaths"),
        host.optionalTexts("ReadonlyPaths"),
        host.objects("Devices").stream().map(SecurityReader::device).toList(),
        host.texts("DeviceCgroupRules"),
        host.textMap("Sysctls"));
  }

  private static List<String> capabilities(JsonObject host, String member) {
    return host.texts(member).stream()
        .map(name -> name.strip().toUpperCase(Locale.ROOT))
        .map(name -> name.startsWith("CAP_") ? name.substring(4) : name)
        .toList();
  }

  private static Security.Device device(JsonObject device) {
    String path = device.textOrEmpty("PathOnHost");
    return new Security.Device(
        path,
        device.nonEmptyText("PathInContainer").orElse(path),
        device.nonEmptyText("CgroupPermissions").orElse("rwm"));
  }

  /** {@code key}, {@code key=value} or, as it was once written, {@code key:value}. */
  private void option(String option) {
    int separator = option.indexOf('=');
    if (separator < 0) {
      separator = option.indexOf(':');
    }
    String key = separator < 0 ? option : option.substring(0, separator);
    String value = separator < 0 ? "" : option.substring(separator + 1);
    switch (key) {
      case "no-new-privileges" -> noNewPrivileges = isTrue(option, value);
      case "seccomp" -> seccomp = seccomp(value);
      case "apparmor", "label" -> {
        // Neither AppArmor nor SELinux confines anything here; only asking for more is refused.
        if (!value.equals("unconfined") && !value.equals("disable")) {
          throw ApiException.unsupported(
              "--security-opt "
                  + option
                  + ": AppArmor and SELinux profiles are not supported; containers are confined by"
                  + " namespaces, capabilities and seccomp");
        }
      }
      default -> throw ApiException.invalid("invalid --security-opt 2: \"" + option + "\"");
    }
  }

  private static boolean isTrue(String option, String value) {
    return switch (value) {
      case "", "true", "1" -> true;
      case "false", "0" -> false;
      default -> throw ApiException.invalid("invalid --security-opt: \"" + option + "\"");
    };
  }

  private static SeccompChoice seccomp(String value) {
    if (value.equals("unconfined")) {
      return new SeccompChoice.Unconfined();
    }
    if (value.equals("builtin") || value.isEmpty()) {
      return new SeccompChoice.Default();
    }
    if (value.stripLeading().startsWith("{")) {
      return new SeccompChoice.Profile(value);
    }
    throw ApiException.invalid(
        "--security-opt seccomp=" + value + ": expected unconfined, builtin, or a profile in JSON");
  }

  static Sharing sharing(JsonObject host) {
    return new Sharing(
        with(host, "PidMode"),
        with(host, "IpcMode"),
        with(host, "UTSMode"),
        with(host, "UsernsMode"),
        with(host, "CgroupnsMode"));
  }

  private static With with(JsonObject host, String member) {
    String mode = host.textOrEmpty(member);
    boolean isIpc = member.equals("IpcMode");
    boolean mayJoin = isIpc || member.equals("PidMode");
    if (mayJoin && mode.startsWith("container:")) {
      return new With.Instance(mode.substring("container:".length()));
    }
    return switch (mode) {
      case "", "private" -> new With.Nobody();
      case "host" -> new With.Host();
      case "shareable" -> {
        if (isIpc) {
          yield new With.Nobody();
        }
        throw ApiException.invalid("invalid " + member + ": " + mode);
      }
      case "none" -> {
        if (isIpc) {
          throw ApiException.unsupported(
              "IpcMode none is not supported; private, the default, shares nothing either");
        }
        throw ApiException.invalid("invalid " + member + ": " + mode);
      }
      default -> throw ApiException.invalid("invalid " + member + ": " + mode);
    };
  }
}
