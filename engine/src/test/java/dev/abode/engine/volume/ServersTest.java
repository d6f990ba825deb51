package dev.abode.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.abode.engine.failure.EngineException;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServersTest {
  private static Backing.Mounted resolved(String type, String device, String... data) {
    return Servers.resolved(
        new Backing.Mounted(type, device, String.join(",", data)), List.of(data));
  }

  @Test
  void theServerOfNfsIsInTheOptions() {
    assertThat(resolved("nfs4", ":/srv", "addr=localhost", "nfsvers=4"))
        .isEqualTo(new Backing.Mounted("nfs4", ":/srv", "addr=127.0.0.1,nfsvers=4"));
  }

  @Test
  void theServerOfCifsIsInTheShareUnlessTheOptionsSayIt() {
    assertThat(resolved("cifs", "//localhost/share/deep", "username=me"))
        .isEqualTo(new Backing.Mounted("cifs", "//127.0.0.1/share/deep", "username=me"));
    assertThat(resolved("cifs", "//box/share", "addr=localhost").options())
        .isEqualTo("addr=127.0.0.1");
    assertThat(resolved("cifs", "//box/share", "ip=192.0.2.9").device()).isEqualTo("//box/share");
  }

  @Test
  void noOtherFileSystemHasServers() {
    assertThat(resolved("tmpfs", "//localhost/share", "addr=localhost"))
        .isEqualTo(new Backing.Mounted("tmpfs", "//localhost/share", "addr=localhost"));
  }

  @Test
  void aServerWithoutAnAddressIsNamed() {
    assertThatThrownBy(() -> resolved("nfs", ":/srv", "addr=[no]"))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("the server \"[no]\" cannot be resolved");
  }
}
