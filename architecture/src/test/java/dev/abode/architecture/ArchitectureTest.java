package dev.abode.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The shape that ARCHITECTURE.md promises, held against the class files of every module. */
class ArchitectureTest {
  private static JavaClasses classes;

  @BeforeAll
  static void readClassFiles() {
    classes =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.abode");
  }

  @Test
  void classFilesOfEveryModuleAreRead() {
    // An importer that does not know the class file version reads nothing, and every rule holds.
    for (String module : new String[] {"linux", "init", "image", "engine", "docker", "cli"}) {
      assertThat(classes)
          .as("classes of module %s", module)
          .anyMatch(read -> (read.getPackageName() + ".").startsWith("dev.abode." + module + "."));
    }
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("dev.abode.(**)").should().beFreeOfCycles().check(classes);
  }

  @Test
  void modulesUseEachOtherInOneDirection() {
    layeredArchitecture()
        .consideringOnlyDependenciesInAnyPackage("dev.abode..")
        .withOptionalLayers(true)
        .layer("cli")
        .definedBy("dev.abode.cli..")
        .layer("docker-api")
        .definedBy("dev.abode.docker..")
        .layer("engine")
        .definedBy("dev.abode.engine..")
        .layer("image")
        .definedBy("dev.abode.image..")
        .layer("init")
        .definedBy("dev.abode.init..")
        .layer("linux")
        .definedBy("dev.abode.linux..")
        .whereLayer("cli")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("docker-api")
        .mayOnlyBeAccessedByLayers("cli")
        .whereLayer("engine")
        .mayOnlyBeAccessedByLayers("docker-api", "cli")
        .whereLayer("image")
        .mayOnlyBeAccessedByLayers("engine", "docker-api", "cli")
        .whereLayer("init")
        .mayOnlyBeAccessedByLayers("engine")
        .whereLayer("linux")
        .mayOnlyBeAccessedByLayers("init", "image", "engine", "cli")
        .check(classes);
  }

  @Test
  void packagesAreNamedAfterWhatTheyDo() {
    noClasses()
        .should()
        .resideInAnyPackage(
            "..util..", "..impl..", "..model..", "..service..", "..helper..", "..manager..")
        .check(classes);
  }

  @Test
  void classesAreNamedAfterWhatTheyAre() {
    noClasses()
        .should()
        .haveNameMatching(".*(Util|Utils|Helper|Helpers|Manager|Impl)(\\$.*)?")
        .check(classes);
  }
}
