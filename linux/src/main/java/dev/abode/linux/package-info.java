/**
 * The kernel's words for Java: system calls, files that must not follow links, processes, control
 * groups. No policy lives here; a method does one thing the kernel can do and reports its {@code
 * errno}.
 */
package dev.abode.linux;
