package dev.abode.engine.launch;

import dev.abode.engine.failure.EngineException;
import dev.abode.engine.failure.EngineException.Kind;
import dev.abode.engine.instance.MachineTemplate;
import dev.abode.engine.machine.MachineContent;
import dev.abode.engine.memory.MemoryImage;
import dev.abode.engine.record.AtomicFile;
import dev.abode.engine.record.RecordJson;
import dev.abode.engine.record.TreeDeletion;
import dev.abode.linux.HostMemory;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Machines that were booted once and saved, so that others need not boot: a folder each, by the
 * name of the {@link MachineModel} they are of. One exists whole or not at all.
 *
 * <p>A template has seen nothing of any instance, no disk and no plan. Its agent has been greeted
 * once, and is greeted again, with the time and with new random bytes, in each machine that is made
 * from it. Safe for many threads; at most one is made at a time.
 */
final class Templates implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Templates.class);
  private static final String RECORD = "template.json";
  private static final String UNFINISHED = ".new";

  private final Path folder;
  private final TemplateBoot boot;
  private final MemoryImage images;
  private final ReentrantLock making = new ReentrantLock();
  private final Map<String, Thread> begun = new ConcurrentHashMap<>();
  private volatile boolean closed;

  Templates(Path folder, TemplateBoot boot, MemoryImage images) {
    this.folder = folder;
    this.boot = boot;
    this.images = images;
  }

  /** What a machine starts with, and the right to do so while it does. */
  record Start(MachineContent content, Optional<MemoryImage.Lease> lease) {
    static final Start COLD = new Start(new MachineContent.Empty(), Optional.empty());

    void begun() {
      lease.ifPresent(MemoryImage.Lease::close);
    }
  }

  /** The files with the memory of that model's template; none when there is no template. */
  List<Path> memoryOf(MachineModel model) throws IOException {
    Path template = folder.resolve(model.id());
    return Files.exists(template.resolve(RECORD))
        ? List.of(template.resolve(TemplateBoot.MEMORY))
        : List.of();
  }

  /** The state of the devices of that model's template. */
  Path devicesOf(MachineModel model) throws IOException {
    return folder.resolve(model.id()).resolve(TemplateBoot.DEVICES);
  }

  /**
   * Makes the template of that model in the background, unless there is one, it is begun, or the
   * machine is larger than its host.
   */
  void begin(MachineModel model) throws IOException {
    String id = model.id();
    if (closed || Files.exists(folder.resolve(id)) || isLargerThanHost(model)) {
      return;
    }
    Thread maker =
        Thread.ofVirtual()
            .name("template-" + id)
            .unstarted(
                () -> {
                  try {
                    ensure(model);
                  } catch (IOException | RuntimeException e) {
                    if (!closed) {
                      LOGGER.warn("virtual machines go on starting cold: no template", e);
                    }
                  } finally {
                    begun.remove(id);
                  }
                });
    if (begun.putIfAbsent(id, maker) == null) {
      maker.start();
    }
  }

  /**
   * Makes the template of that model if there is none.
   *
   * @return whether it was made just now
   * @throws EngineException INVALID_ARGUMENT when the machine is larger than its host
   */
  boolean ensure(MachineModel model) throws IOException {
    if (isLargerThanHost(model)) {
      throw new EngineException(
          Kind.INVALID_ARGUMENT,
          "cannot warm up a machine of "
              + (model.shape().memoryBytes() >> 20)
              + " MiB: this host has "
              + (HostMemory.totalBytes() >> 20)
              + " MiB");
    }
    Path template = folder.resolve(model.id());
    making.lock();
    try {
      if (closed || Files.exists(template)) {
        return false;
      }
      Files.createDirectories(folder);
      removeThoseOfAnotherHost(model.host());
      Path unfinished = folder.resolve(model.id() + UNFINISHED);
      TreeDeletion.delete(unfinished);
      Files.createDirectory(unfinished);
      try {
        boot.save(model, unfinished);
        AtomicFile.replaceDurably(unfinished.resolve(RECORD), RecordJson.write(record(model)));
        Files.move(unfinished, template, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException | RuntimeException e) {
        TreeDeletion.delete(unfinished);
        throw e;
      }
      return true;
    } finally {
      making.unlock();
    }
  }

  /** A kernel's tables of its memory alone are a 64th of it, and a template keeps them. */
  private static boolean isLargerThanHost(MachineModel model) throws IOException {
    return model.shape().memoryBytes() > HostMemory.totalBytes();
  }

  private static TemplateRecord record(MachineModel model) {
    return new TemplateRecord(
        TemplateRecord.FORMAT,
        model.boot().release(),
        model.hypervisor().toString(),
        model.shape().memoryBytes(),
        model.shape().cpus(),
        model.layers(),
        Instant.now());
  }

  /** Another kernel, agent or QEMU than they were made with: nobody will ask for them again. */
  private void removeThoseOfAnotherHost(String host) throws IOException {
    for (Path template : folders()) {
      if (!template.getFileName().toString().startsWith(host)) {
        TreeDeletion.delete(template);
      }
    }
  }

  private List<Path> folders() throws IOException {
    List<Path> found = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (DirectoryStream<Path> templates = Files.newDirectoryStream(folder)) {
        templates.forEach(found::add);
      }
    }
    return found;
  }

  /** All there are. */
  List<MachineTemplate> list() throws IOException {
    List<MachineTemplate> list = new ArrayList<>();
    for (Path template : folders()) {
      Path file = template.resolve(RECORD);
      if (!template.toString().endsWith(UNFINISHED) && Files.exists(file)) {
        TemplateRecord record = RecordJson.read(Files.readAllBytes(file), TemplateRecord.TEMPLATE);
        list.add(
            new MachineTemplate(
                template.getFileName().toString(),
                record.kernel(),
                record.hypervisor(),
                record.memoryBytes(),
                record.cpus(),
                record.layers(),
                SavedFiles.bytes(template),
                record.created()));
      }
    }
    return list;
  }

  /**
   * Removes all of them; machines that run go on.
   *
   * @return how many bytes that freed
   */
  long prune() throws IOException {
    making.lock();
    try {
      long bytes = 0;
      for (Path template : folders()) {
        bytes += SavedFiles.bytes(template);
        TreeDeletion.delete(template);
      }
      images.forget();
      return bytes;
    } finally {
      making.unlock();
    }
  }

  /** Gives up what is being made. */
  @Override
  public void close() throws IOException {
    closed = true;
    boot.abandon();
    for (Thread maker : begun.values()) {
      try {
        maker.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
