#1791190985
kubectl -n identity get pods -o wide
#1791191071
kubectl -n identity logs deploy/identity --since=1h | grep -c 'cache timeout'
#1791191350
kubectl -n identity rollout restart deploy/identity
#1791191560
kubectl -n identity rollout status deploy/identity
