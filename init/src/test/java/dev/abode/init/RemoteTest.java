package dev.abode.init;

class RemoteTest extends RemoteContract {
  RemoteTest() {
    super(Build.SHIPPED);
  }
}
