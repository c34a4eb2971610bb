internal import Platform

extension Manifest {
  /// An Indexed Job in a CronJob: one index a system.
  static func kubernetes(_ fleet: Fleet, _ setting: Setting, _ sizes: Sizes) -> ([File], [String]) {
    let name = Quoting.objectName(fleet.title)
    let (mounts, volumes) = volumes(name, setting, sizes)
    // A sandbox on disk is the node's.
    let ephemeral =
      setting.inMemory
      ? "" : "\n" + String(repeating: " ", count: 18) + "ephemeral-storage: \(sizes.diskMebibytes + 1024)Mi"
    let waves = (fleet.systems.count + sizes.lanes(fleet) - 1) / sizes.lanes(fleet)
    let text = """
      # \(Quoting.comment(fleet.title)): a round a week, an index for each of \(fleet.systems.count) systems.
      #   kubectl create configmap \(name) --from-file=\(Quoting.comment(Files.name(of: setting.fleet)))=… (and the scenarios beside it)
      #   kubectl apply -f fleet.yaml
      # The round's id is the Job's name. Needs Kubernetes 1.29 for backoffLimitPerIndex, on by default there.
      apiVersion: batch/v1
      kind: CronJob
      metadata:
        name: \(name)
      spec:
        schedule: "17 3 * * 0"
        timeZone: Etc/UTC
        concurrencyPolicy: Forbid
        startingDeadlineSeconds: 3600
        jobTemplate:
          spec:
            completionMode: Indexed
            completions: \(fleet.systems.count)
            parallelism: \(sizes.lanes(fleet))
            # How often an index is begun again: for what the policy below doesn't end at once.
            backoffLimitPerIndex: \(max(0, sizes.attempts - 1))
            # One system's answer stops no other.
            maxFailedIndexes: \(fleet.systems.count)
            # A pod that is evicted again and again doesn't hold up the next round.
            activeDeadlineSeconds: \(sizes.limitSeconds * sizes.attempts * waves)
            podFailurePolicy:
              rules:
                # The node was drained, or the pod evicted: that is no try.
                - action: Ignore
                  onPodConditions:
                    - type: DisruptionTarget
                      status: "True"
                # Every exit code but these is the system's answer: another try says nothing more. 75 is a passing
                # reason, 137 and 143 are kills.
                - action: FailIndex
                  onExitCodes:
                    containerName: drill
                    operator: NotIn
                    values: [75, 137, 143]
            template:
              spec:
                restartPolicy: Never
                activeDeadlineSeconds: \(sizes.limitSeconds)
                # Time to stop in order and to write the records.
                terminationGracePeriodSeconds: 90
                # It talks to no API.
                automountServiceAccountToken: false
                enableServiceLinks: false
                securityContext:
                  runAsNonRoot: true
                  runAsUser: 10001
                  runAsGroup: 10001
                  fsGroup: 10001
                  fsGroupChangePolicy: OnRootMismatch
                  seccompProfile:
                    type: RuntimeDefault
                containers:
                  - name: drill
                    image: \(Quoting.yaml(setting.image))
                    args:
                      - fleet
                      - run
                      - \(Quoting.kubernetes(setting.fleet))
                      - --records
                      - \(Quoting.kubernetes("\(setting.records)"))
                      - --progress
                      - plain
                    env:
                      - name: MONGODRILL_ROUND
                        valueFrom:
                          fieldRef:
                            fieldPath: metadata.labels['batch.kubernetes.io/job-name']
                      - name: MONGODRILL_SANDBOX_DIR
                        value: /sandbox
                      # What is fetched of the records of earlier rounds.
                      - name: TMPDIR
                        value: /sandbox
                    securityContext:
                      allowPrivilegeEscalation: false
                      readOnlyRootFilesystem: true
                      capabilities:
                        drop: [ALL]
                    resources:
                      requests:
                        cpu: "\(sizes.cores)"
                        memory: \(sizes.mebibytes)Mi\(ephemeral)
                      limits:
                        cpu: "\(sizes.cores)"
                        memory: \(sizes.mebibytes)Mi\(ephemeral)
                    volumeMounts:
      \(mounts)
                volumes:
      \(volumes)

      """
    return (
      [File(name: "fleet.yaml", text: text)],
      [
        "The claims' names are examples: put in those that hold your backups and records.",
        "Scenarios that the fleet's file names have to lie where it says, in the ConfigMap or in a volume.",
        "Where the records lie in a folder, all nodes write to it: the claim has to be ReadWriteMany.",
      ] + nested(fleet, setting)
    )
  }

  /// What lies below the fleet's folder, which is a ConfigMap here that nothing else can be mounted in.
  private static func nested(_ fleet: Fleet, _ setting: Setting) -> [String] {
    var paths = fleet.systems.compactMap(\.backup).filter { !RemoteMark.isRemote($0) }.map(Fleet.absolutePath)
    if case .folder(let path) = setting.records { paths.append(path) }
    let folder = Files.folder(of: setting.fleet) + "/"
    let inside = paths.filter { $0.hasPrefix(folder) }
    guard let first = inside.first else { return [] }
    return [
      "\(first)\(inside.count > 1 ? " and \(inside.count - 1) more" : "") can't be mounted below the ConfigMap of the fleet's "
        + "file: let the file name absolute paths outside of its folder."
    ]
  }

  private static func volumes(_ name: String, _ setting: Setting, _ sizes: Sizes) -> (
    mounts: String, volumes: String
  ) {
    var mounts: [String] = []
    var volumes: [String] = []
    func add(_ name: String, _ path: String, readOnly: Bool, _ source: [String]) {
      mounts += ["- name: \(name)", "  mountPath: \(Quoting.yaml(path))"]
      if readOnly { mounts.append("  readOnly: true") }
      volumes += ["- name: \(name)"] + source.map { "  " + $0 }
    }
    add("fleet", Files.folder(of: setting.fleet), readOnly: true, ["configMap:", "  name: \(name)"])
    for (number, path) in setting.readOnly.enumerated() where path != Files.folder(of: setting.fleet) {
      add(
        "backups-\(number)", path, readOnly: true,
        ["persistentVolumeClaim:", "  claimName: backups-\(number)", "  readOnly: true"])
    }
    if case .folder(let path) = setting.records {
      add("records", path, readOnly: false, ["persistentVolumeClaim:", "  claimName: fleet-records"])
    }
    let medium = setting.inMemory ? ["  medium: Memory"] : []
    add(
      "sandbox", "/sandbox", readOnly: false,
      ["emptyDir:"] + medium + ["  sizeLimit: \(sizes.diskMebibytes)Mi"])
    add("tmp", "/tmp", readOnly: false, ["emptyDir:", "  medium: Memory", "  sizeLimit: 64Mi"])
    func indented(_ lines: [String], by spaces: Int) -> String {
      lines.map { String(repeating: " ", count: spaces) + $0 }.joined(separator: "\n")
    }
    return (indented(mounts, by: 16), indented(volumes, by: 12))
  }
}
