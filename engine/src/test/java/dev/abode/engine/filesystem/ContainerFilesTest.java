package dev.abode.engine.filesystem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.init.IdRange;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A container's files, reached through the kernel. */
class ContainerFilesTest extends FilesContract {
  @Override
  InstanceFiles files(RootedProcess process, boolean readOnly) throws IOException {
    return files(process, IdMapping.SAME, readOnly);
  }

  private ContainerFiles files(RootedProcess process, IdMapping ids, boolean readOnly)
      throws IOException {
    return new ContainerFiles(
        process.source(ids), List.of(folder.resolve("upper"), base), readOnly);
  }

  @Test
  void aProcessThatEndedIsToldFromOneThatTookItsNumber() throws Exception {
    try (RootedProcess process = idle("")) {
      RootSource.Running source = (RootSource.Running) process.source(IdMapping.SAME);
      RootSource other =
          new RootSource.Running(source.pid(), source.startTicks() + 1, IdMapping.SAME);
      assertThatThrownBy(() -> new ContainerFiles(other, List.of(), false).stat("/"))
          .isInstanceOfSatisfying(
              EngineException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNAVAILABLE));
    }
  }

  @Test
  void ownersAreTheContainersOwn() throws Exception {
    IdMapping ids = IdMapping.of(new IdRange(0, 200_000, 65_536));
    try (RootedProcess process = idle("chown -hR 200000:200000 etc")) {
      ContainerFiles files = files(process, ids, false);
      assertThat(copyOut(files, "/etc/hosts").getFirst().entry().uid()).isZero();
      copyIn(files, "/etc", tar("file", "x"), false);
      Path made = folder.resolve("upper/etc/file");
      assertThat(Files.getAttribute(made, "unix:uid")).isEqualTo(201_000);
      files.copyIn(
          "/etc",
          new ByteArrayInputStream(tar("owned", "x")),
          false,
          Optional.of(new InstanceFiles.Owner(7, 8)));
      assertThat(Files.getAttribute(folder.resolve("upper/etc/owned"), "unix:gid"))
          .isEqualTo(200_008);
    }
  }
}
