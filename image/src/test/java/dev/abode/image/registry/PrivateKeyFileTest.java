package dev.abode.image.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrivateKeyFileTest {
  @TempDir Path folder;

  private Path openssl(String arguments) throws Exception {
    Process process =
        new ProcessBuilder(("openssl " + arguments).split(" ", -1))
            .directory(folder.toFile())
            .inheritIO()
            .start();
    assertThat(process.waitFor()).isZero();
    return folder.resolve("key.pem");
  }

  @Test
  void bothFormsOfAnRsaKeyAreTheSameKey() throws Exception {
    openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -quiet -out new.pem");
    PrivateKey present = PrivateKeyFile.read(folder.resolve("new.pem"), "RSA");
    Path old = openssl("rsa -in new.pem -traditional -out key.pem");
    assertThat(Files.readString(old)).contains("BEGIN RSA PRIVATE KEY");
    assertThat(PrivateKeyFile.read(old, "RSA")).isEqualTo(present);
  }

  @Test
  void anEllipticKeyIsRead() throws Exception {
    Path key = openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem");
    assertThat(PrivateKeyFile.read(key, "EC").getAlgorithm()).isEqualTo("EC");
  }

  @Test
  void whatIsNoKeyIsSaidWithAWayOut() throws Exception {
    Path file = Files.writeString(folder.resolve("x.key"), "-----BEGIN NONSENSE-----");
    assertThatThrownBy(() -> PrivateKeyFile.read(file, "RSA"))
        .hasMessageContaining("x.key")
        .hasMessageContaining("openssl pkcs8 -topk8");
  }
}
