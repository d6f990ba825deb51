package dev.abode.init;

class RemoteMachineTest extends RemoteMachineContract {
  RemoteMachineTest() {
    super(Build.SHIPPED);
  }
}
