package dev.abode.engine.launch;

import dev.abode.engine.cgroup.Cgroups;
import dev.abode.engine.failure.EngineException;
import dev.abode.engine.filesystem.InstanceFiles;
import dev.abode.engine.filesystem.WrittenFiles;
import dev.abode.engine.instance.ExecSpec;
import dev.abode.engine.instance.InstanceSpec;
import dev.abode.engine.instance.Isolation;
import dev.abode.engine.instance.ProcessTable;
import dev.abode.engine.instance.Stats;
import dev.abode.engine.network.Endpoint;
import dev.abode.engine.record.InstanceFolder;
import dev.abode.engine.record.InstanceRecord;
import dev.abode.engine.record.RunFolderOf;
import dev.abode.init.LaunchPlan;
import dev.abode.init.ShimEvent;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The walls that each instance asks for. What stands in the kernel is a control group for either
 * kind, of a workload or of a hypervisor, so that taking it down, freezing it and finding what was
 * left are the same for both.
 */
public record ChosenWalls(Cgroups cgroups, ContainerWalls containers, MachineWalls machines)
    implements Walls {

  private IsolationWalls of(Isolation isolation) {
    return switch (isolation) {
      case CONTAINER -> containers;
      case VM -> machines;
    };
  }

  private IsolationWalls of(InstanceRecord record) {
    return of(record.spec().isolation());
  }

  @Override
  public List<String> review(InstanceSpec spec) {
    cgroups.review(spec.limits());
    return of(spec.isolation()).review(spec);
  }

  @Override
  public LaunchPlan raise(Birth birth) throws IOException {
    return of(birth.record()).raise(birth);
  }

  @Override
  public void begun(InstanceRecord record) throws IOException {
    of(record).begun(record);
  }

  @Override
  public void adopted(InstanceRecord record, Workload workload) throws IOException {
    of(record).adopted(record, workload);
  }

  @Override
  public SavedState save(Whereabouts at, Path folder, Beside beside) throws IOException {
    return of(at.record()).save(at, folder, beside);
  }

  @Override
  public void putBack(Path folder, Whereabouts at, Optional<InstanceRecord> of) throws IOException {
    of(at.record()).putBack(folder, at, of);
  }

  @Override
  public List<String> interfaces(InstanceRecord record, InstanceFolder folder) throws IOException {
    return of(record).interfaces(record, folder);
  }

  @Override
  public void joined(Whereabouts at, List<Endpoint> before, Endpoint further) throws IOException {
    of(at.record()).joined(at, before, further);
  }

  @Override
  public void parted(Whereabouts at, Endpoint gone, List<Endpoint> left) throws IOException {
    of(at.record()).parted(at, gone, left);
  }

  @Override
  public Blueprint blueprint(Birth birth) throws IOException {
    return of(birth.record()).blueprint(birth);
  }

  @Override
  public EngineException explain(InstanceRecord record, LaunchPlan plan, ShimEvent.Failed failure) {
    return of(record).explain(record, plan, failure);
  }

  @Override
  public LaunchPlan plan(Whereabouts at, Workload workload, RunFolderOf run, ExecSpec exec)
      throws IOException {
    return of(at.record()).plan(at, workload, run, exec);
  }

  @Override
  public void takeDown(String id) throws IOException {
    machines.forget(id);
    cgroups.takeDown(id);
  }

  @Override
  public Set<String> standing() throws IOException {
    return cgroups.ids();
  }

  @Override
  public void freeze(String id) throws IOException {
    cgroups.find(id).freeze();
  }

  @Override
  public void thaw(String id) throws IOException {
    cgroups.find(id).thaw();
  }

  @Override
  public boolean isFrozen(String id) throws IOException {
    return cgroups.find(id).frozen();
  }

  @Override
  public void limit(InstanceRecord record) throws IOException {
    of(record).limit(record);
  }

  @Override
  public Stats stats(InstanceRecord record, Workload workload) throws IOException {
    return of(record).stats(record, workload);
  }

  @Override
  public InstanceFiles files(Whereabouts at) throws IOException {
    return of(at.record()).files(at);
  }

  @Override
  public WrittenFiles written(Whereabouts at) {
    return of(at.record()).written(at);
  }

  @Override
  public ProcessTable processes(Whereabouts at, List<String> psArguments) throws IOException {
    return of(at.record()).processes(at, psArguments);
  }
}
