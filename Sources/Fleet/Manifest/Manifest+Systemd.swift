internal import Platform

extension Manifest {
  /// A template unit of a task for single ones by hand, a service that runs the whole round on this machine, and its timer.
  static func systemd(_ fleet: Fleet, _ setting: Setting, _ sizes: Sizes) -> ([File], [String]) {
    let name = "mongodrill-\(Quoting.objectName(fleet.title))"
    let run =
      "/usr/bin/mongodrill fleet run \(Quoting.systemd(setting.fleet)) \(Quoting.systemd("--records=\(setting.records)")) --progress plain"
    var writable = ""
    var usesNetwork = fleet.systems.contains { system in
      system.backup.map(RemoteMark.isRemote) ?? (system.scenario != nil)
    }
    switch setting.records {
    case .folder(let path): writable = "ReadWritePaths=\(Quoting.systemdPath(path))\n"
    case .remote: usesNetwork = true
    }
    let network =
      usesNetwork
      ? "# rclone and commands of scenarios may need the network; the sandbox doesn't use it.\nPrivateNetwork=no"
      : "PrivateNetwork=yes"
    // `-`: a folder that lacks is its own system's affair.
    let reads = setting.readOnly.map { "ReadOnlyPaths=\(Quoting.systemdPath("-" + $0))" }.joined(
      separator: "\n")
    let machine = fleet.machines
    func sandbox(of tasks: Int) -> String {
      setting.inMemory
        ? "TemporaryFileSystem=/var/tmp:rw,mode=1777,size=\(sizes.diskMebibytes * tasks)M\nEnvironment=MONGODRILL_SANDBOX_DIR=/var/tmp TMPDIR=/var/tmp"
        : "CacheDirectory=\(name)\nCacheDirectoryMode=0700\nPrivateTmp=yes\nEnvironment=MONGODRILL_SANDBOX_DIR=%C/\(name)"
    }
    let title = Quoting.comment(fleet.title).replacing("%", with: "%%")
    func service(
      _ title: String, _ command: String, memory: Int?, cores: Int?, seconds: Int, tasks: Int,
      _ rest: String, limit: String = ""
    )
      -> String
    {
      """
      [Unit]
      Description=\(title)
      Documentation=man:mongodrill(1)
      \(limit)
      [Service]
      Type=oneshot
      ExecStart=\(command)
      TimeoutStartSec=\(seconds)
      # Time to stop in order and to write the records.
      TimeoutStopSec=2min
      KillMode=mixed
      \(rest)
      # A user for this alone, who may do nothing else.
      User=mongodrill
      \(sandbox(of: tasks))
      \(writable)\(reads)

      # Out of the way of what else runs here.
      Nice=10
      IOSchedulingClass=idle
      \(memory.map { "MemoryMax=\($0)" } ?? "# MemoryMax= bounds it: the fleet's file says no memory for this machine.")
      \(cores.map { "CPUQuota=\($0 * 100)%" } ?? "# CPUQuota= bounds it: the fleet's file says no cores for this machine.")
      ProtectSystem=strict
      ProtectHome=read-only
      PrivateDevices=yes
      \(network)
      NoNewPrivileges=yes
      CapabilityBoundingSet=
      RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
      RestrictNamespaces=yes
      ProtectKernelTunables=yes
      ProtectKernelModules=yes
      ProtectControlGroups=yes

      """
    }
    let roundSeconds =
      fleet.budget.map { Int($0.rounded(.up)) + sizes.limitSeconds }
      ?? sizes.limitSeconds * fleet.systems.count
    let round = service(
      "\(title): a round of \(fleet.systems.count) systems", run, memory: machine.memory,
      cores: machine.cores, seconds: roundSeconds, tasks: sizes.lanes(fleet), "")
    let task = service(
      "\(title): task %i", run + " --task %i", memory: sizes.memory, cores: sizes.cores,
      seconds: sizes.limitSeconds * sizes.attempts, tasks: 1,
      """
      # 75 is a passing reason: begun again, until the system's attempts are used up. Every other code is its answer.
      Restart=on-failure
      RestartPreventExitStatus=1 2 3 4 5 6 64 65 66 69 70 78
      RestartSec=60

      """,
      limit:
        "StartLimitIntervalSec=\((sizes.limitSeconds + 120) * sizes.attempts)\nStartLimitBurst=\(sizes.attempts)\n"
    )
    let timer = """
      [Unit]
      Description=\(title): a round a week

      [Timer]
      OnCalendar=Sun 03:17
      RandomizedDelaySec=10min
      Persistent=yes

      [Install]
      WantedBy=timers.target

      """
    return (
      [
        File(name: "\(name).service", text: round), File(name: "\(name).timer", text: timer),
        File(name: "\(name)@.service", text: task),
      ],
      [
        "The round runs on one machine: systems side by side within `machines`.",
        "\(name)@17.service is the task of system 17 alone.",
        "The user mongodrill has to be there, and to read backups and write records.",
      ]
    )
  }
}
