package dev.abode.engine.filesystem;

import static org.assertj.core.api.Assertions.assertThat;

import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.InstanceSpecBuilder;
import dev.abode.engine.instance.MountSpec;
import dev.abode.image.ImageConfig;
import dev.abode.image.Platform;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CommittedConfigTest {
  private static final ImageConfig IMAGE =
      new ImageConfig(
          new Platform("linux", "amd64", Optional.empty()),
          Optional.empty(),
          "somebody",
          List.of("serve"),
          List.of("/entry"),
          List.of("PATH=/bin", "A=1", "B=2"),
          List.of("80/tcp"),
          List.of("/data"),
          Map.of("kept", "yes", "changed", "no"),
          "/srv",
          "daemon",
          Optional.of("SIGQUIT"),
          List.of(),
          Optional.empty(),
          List.of(),
          List.of());

  private static InstanceSpecBuilder spec() {
    return InstanceSpec.builder("image");
  }

  @Test
  void whatNobodySaidIsTheImages() {
    ImageConfig config = CommittedConfig.of(IMAGE, spec().build(), List.of());
    assertThat(config.command()).containsExactly("serve");
    assertThat(config.entrypoint()).containsExactly("/entry");
    assertThat(config.environment()).isEqualTo(IMAGE.environment());
    assertThat(config.user()).isEqualTo("daemon");
    assertThat(config.workingDirectory()).isEqualTo("/srv");
    assertThat(config.stopSignal()).contains("SIGQUIT");
  }

  @Test
  void whatTheInstanceWasCreatedWithTakesItsPlace() {
    InstanceSpec spec =
        spec()
            .command(List.of("other"))
            .environment(List.of("A=3", "B", "C=4"))
            .labels(Map.of("changed", "yes"))
            .exposedPorts(List.of("81/tcp"))
            .user("1000")
            .workingDirectory("/tmp")
            .mounts(
                List.of(
                    new MountSpec.Volume(Optional.empty(), "/anon", false, false, Optional.empty()),
                    new MountSpec.Volume(
                        Optional.of("named"), "/n", false, false, Optional.empty())))
            .build();
    ImageConfig config = CommittedConfig.of(IMAGE, spec, List.of());
    assertThat(config.command()).containsExactly("other");
    assertThat(config.entrypoint()).containsExactly("/entry");
    assertThat(config.environment()).containsExactly("PATH=/bin", "A=3", "C=4");
    assertThat(config.labels()).isEqualTo(Map.of("kept", "yes", "changed", "yes"));
    assertThat(config.exposedPorts()).containsExactly("80/tcp", "81/tcp");
    assertThat(config.volumes()).containsExactly("/data", "/anon");
    assertThat(config.user()).isEqualTo("1000");
    assertThat(config.workingDirectory()).isEqualTo("/tmp");
  }

  @Test
  void anEntrypointOfOnesOwnTakesTheCommandAway() {
    assertThat(
            CommittedConfig.of(IMAGE, spec().entrypoint(List.of("/mine")).build(), List.of())
                .command())
        .isEmpty();
    ImageConfig none = CommittedConfig.of(IMAGE, spec().entrypoint(List.of("")).build(), List.of());
    assertThat(none.entrypoint()).isEmpty();
  }

  @Test
  void instructionsHaveTheLastWord() {
    ImageConfig config =
        CommittedConfig.of(
            IMAGE,
            spec().command(List.of("other")).build(),
            List.of("CMD [\"last\", \"word\"]", "ENV A=9", "USER root"));
    assertThat(config.command()).containsExactly("last", "word");
    assertThat(config.environment()).contains("A=9");
    assertThat(config.user()).isEqualTo("root");
  }
}
