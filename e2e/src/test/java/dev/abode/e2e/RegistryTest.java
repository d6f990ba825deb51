package dev.abode.e2e;

import static dev.abode.e2e.RunningEngine.ALPINE;
import static java.util.Locale.ROOT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.image.registry.testing.CuttingProxy;
import dev.abode.image.registry.testing.RegistryServer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A round trip through Debian's docker-registry, by the docker client. */
class RegistryTest {
  @RegisterExtension static final RunningEngine engine = new RunningEngine();

  @Test
  void pushRemovePullByTagAndByDigestAndRun() throws Exception {
    try (RegistryServer registry = RegistryServer.plain().start()) {
      String name = registry.host() + "/team/alpine:1";
      engine.docker("tag", ALPINE, name).ok();
      String pushed = engine.docker("push", name).ok().out();
      String digest = pushed.replaceAll("(?s).*digest: (sha256:[0-9a-f]{64}).*", "$1");
      assertThat(digest).startsWith("sha256:");
      engine.docker("rmi", name).ok();

      assertThat(engine.docker("pull", name).ok().out()).contains(digest);
      assertThat(engine.docker("run", "--rm", name, "echo", "pulled").ok().text())
          .isEqualTo("pulled");
      engine.docker("rmi", name).ok();
      String byDigest = registry.host() + "/team/alpine@" + digest;
      engine.docker("pull", byDigest).ok();
      assertThat(engine.docker("run", "--rm", byDigest, "echo", "again").ok().text())
          .isEqualTo("again");
      engine.docker("rmi", byDigest).ok();
      assertThat(engine.docker("pull", registry.host() + "/team/none:1").fails(1).err())
          .isNotBlank();
    }
  }

  @Test
  @Tag("slow")
  void aTransferCutInTheMiddleSaysSoAndResumes() throws Exception {
    try (RegistryServer registry = RegistryServer.plain().start();
        CuttingProxy proxy = CuttingProxy.before(registry)) {
      String direct = registry.host() + "/cut:1";
      engine.docker("tag", ALPINE, direct).ok();
      engine.docker("push", direct).ok();
      engine.docker("rmi", direct).ok();
      // The layers must not be here any more, or nothing is transferred at all.
      engine.docker("rmi", "-f", ALPINE).ok();
      String name = proxy.host() + "/cut:1";
      // Every attempt is cut for as long as the registry is "dead".
      proxy.cut(head -> head.contains("/blobs/") && head.startsWith("GET"), 700_000, 50);
      assertThat(engine.docker("pull", name).fails(1).err()).isNotBlank();
      proxy.cut(head -> false, 0, 0);
      proxy.forget();
      engine.docker("pull", name).ok();
      assertThat(proxy.exchanges())
          .as("a request for the rest only")
          .anyMatch(exchange -> exchange.head().toLowerCase(ROOT).contains("range: bytes="));
      assertThat(engine.docker("run", "--rm", name, "echo", "whole").ok().text())
          .isEqualTo("whole");
      engine.docker("tag", name, ALPINE).ok();
    }
  }

  @Test
  void aRegistryThatDiesIsNamedInTheError() throws Exception {
    try (RegistryServer registry = RegistryServer.plain().start()) {
      String name = registry.host() + "/gone:1";
      registry.kill();
      assertThat(engine.docker("pull", name).fails(1).err()).contains(registry.host());
    }
  }

  @Test
  void aRegistryThatWantsAPasswordIsLoggedInTo() throws Exception {
    try (RegistryServer registry = RegistryServer.plain().withBasicAuth().start()) {
      String name = registry.host() + "/private:1";
      engine.docker("tag", ALPINE, name).ok();
      engine.docker("push", name).fails(1);
      engine
          .docker("login", "-u", RegistryServer.USER, "--password-stdin", registry.host())
          .input(RegistryServer.PASSWORD)
          .ok();
      engine.docker("push", name).ok();
      engine.docker("rmi", name).ok();
      engine.docker("pull", name).ok();
      engine.docker("logout", registry.host()).ok();
      engine.docker("rmi", name).ok();
    }
  }
}
