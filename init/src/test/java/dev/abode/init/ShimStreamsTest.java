package dev.abode.init;

class ShimStreamsTest extends ShimStreamsContract {
  ShimStreamsTest() {
    super(Build.SHIPPED);
  }
}
